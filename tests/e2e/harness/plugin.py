"""The plugin as a server of the test's own, spoken to over gRPC as the CLI does."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import grpc
import pyarrow as pa
from cloudquery.discovery_v1 import discovery_pb2, discovery_pb2_grpc
from cloudquery.plugin_v3 import plugin_pb2 as pb
from cloudquery.plugin_v3 import plugin_pb2_grpc

from . import paths, secrets
from .cli import isolated_environment

START_SECONDS = 30
STOP_SECONDS = 10
LONGEST_MESSAGE = 200 << 20


class Plugin:
    """A running server on a unix socket. Use as a context; it is stopped at the end.

    `wait`: False if the test calls `connect` itself.
    """

    def __init__(self, environment=None, flags=(), wait=True):
        # A socket's path must be short, and pytest's are not.
        self.folder = secrets.watch(Path(tempfile.mkdtemp(prefix="cq-")))
        self.socket = self.folder / "cq.sock"
        self.stdout = self.folder / "stdout"
        self.stderr = self.folder / "stderr"
        with open(self.stdout, "wb") as out, open(self.stderr, "wb") as err:
            self.process = subprocess.Popen(
                [paths.require(paths.SOURCE), "serve", "--network", "unix", "--address", str(self.socket),
                 "--log-format", "json", "--log-level", "debug", "--no-sentry", *flags],
                env={**isolated_environment(self.folder), **(environment or {})},
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.folder,
            )  # fmt: skip
        self.channel = grpc.insecure_channel(
            f"unix:{self.socket}",
            options=[("grpc.max_receive_message_length", LONGEST_MESSAGE),
                     ("grpc.max_send_message_length", LONGEST_MESSAGE),
                     ("grpc.initial_reconnect_backoff_ms", 50),
                     ("grpc.min_reconnect_backoff_ms", 50),
                     ("grpc.max_reconnect_backoff_ms", 50)],
        )  # fmt: skip
        if wait:
            self.connect()

    def connect(self):
        grpc.channel_ready_future(self.channel).result(timeout=START_SECONDS)
        answers = Answers(self.folder / "answers")
        self.stub = plugin_pb2_grpc.PluginStub(grpc.intercept_channel(self.channel, answers))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_SECONDS)

    def versions(self):
        stub = discovery_pb2_grpc.DiscoveryStub(self.channel)
        return list(stub.GetVersions(discovery_pb2.GetVersions.Request()).versions)

    def init(self, spec=None, no_connection=False):
        """`spec`: what goes over the wire as JSON, or bytes as they are."""
        raw = spec if isinstance(spec, bytes) else json.dumps(spec).encode()
        return self.stub.Init(pb.Init.Request(spec=raw, no_connection=no_connection, invocation_id="test-run"))

    def tables(self, tables=("*",), skip_tables=()):
        answer = self.stub.GetTables(pb.GetTables.Request(tables=tables, skip_tables=skip_tables))
        return [read_schema(table) for table in answer.tables]

    def sync(self, **request):
        """Starts a sync; iterate over what it returns."""
        return self.stub.Sync(pb.Sync.Request(**{"tables": ["*"], **request}))

    def test_connection(self, spec):
        return self.stub.TestConnection(pb.TestConnection.Request(spec=json.dumps(spec).encode()))

    def log_lines(self):
        return self.stdout.read_bytes().splitlines(keepends=True)


class Answers(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Writes down what the plugin answers, errors included, but for the rows of a sync."""

    def __init__(self, path):
        self._path = path

    def intercept_unary_unary(self, continuation, details, request):
        call = continuation(details, request)
        error = call.exception()
        self._note(error.details() if error else call.result())
        return call

    def intercept_unary_stream(self, continuation, details, request):
        call = continuation(details, request)
        call.add_done_callback(lambda done: self._note(done.details()))
        return call

    def _note(self, answer):
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(f"{answer}\n")


def read_schema(stream):
    reader = pa.ipc.open_stream(stream)
    assert list(reader) == []
    return reader.schema


def read_batches(stream):
    return list(pa.ipc.open_stream(stream))


def table_name(schema):
    return schema.metadata[b"cq:table_name"].decode()


@contextlib.contextmanager
def failing(code=None):
    """The error that an RPC inside the block must end with: a grpc.RpcError in `.value`."""

    class Caught:
        value = None

    caught = Caught()
    try:
        yield caught
    except grpc.RpcError as error:
        assert code is None or error.code() == code, error
        caught.value = error
    else:
        raise AssertionError("the call succeeded")


def wait_for_exit(pid, seconds):
    """Whether a process that is not our child is gone in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False
