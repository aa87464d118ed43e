"""Syncs without the CLI: the plugin over gRPC, and the strict destination in the process of the tests. A sync takes
some tens of milliseconds instead of seconds, and what was sent, reported and stored can be looked at."""

import contextlib
import datetime
import json
from dataclasses import dataclass, field

import grpc
import pyarrow as pa
from cloudquery.plugin_v3 import plugin_pb2 as pb
from cloudquery.plugin_v3 import plugin_pb2_grpc
from destination.plugin import DuckDbDestination, WriteStream
from destination.server import make_server

from .plugin import read_batches, read_schema, table_name

SOURCE_NAME = "s3"
BY_THE_CLI = [pa.field("_cq_sync_time", pa.timestamp("us", "UTC")), pa.field("_cq_source_name", pa.string())]


class StateServer:
    """The destination as a server of the test's own, to keep state at."""

    def __init__(self, folder, socket):
        self.connection = f"unix:{socket}"
        self._server = make_server()
        self._server.add_insecure_port(self.connection)
        self._server.start()
        self._channel = grpc.insecure_channel(self.connection)
        stub = plugin_pb2_grpc.PluginStub(self._channel)
        stub.Init(pb.Init.Request(spec=json.dumps({"path": str(folder / "state.duckdb")}).encode()))

    def close(self):
        self._channel.close()
        self._server.stop(grace=None).wait()

    def backend(self, table):
        return pb.Sync.BackendOptions(table_name=table, connection=self.connection)


@dataclass
class Delivery:
    """What one sync sent and how it ended."""

    ok: bool = True
    text: str = ""  # of the status
    schemas: list = field(default_factory=list, repr=False)
    batches: list = field(default_factory=list, repr=False)
    errors: list = field(default_factory=list)  # that the plugin sent beside the rows
    log: list = field(default_factory=list, repr=False)

    @property
    def warnings(self):
        """Log lines as text, fields included."""
        return [json.dumps(line, ensure_ascii=False) for line in self.log if line.get("level") in ("warn", "error")]

    @property
    def reported(self):
        """All that reaches the user, as one text."""
        return "\n".join([self.text, *self.errors, *self.warnings])

    def values(self, table, column="n"):
        """The sorted values of one column."""
        found = [b for b in self.batches if table_name(b.schema) == table]
        return sorted(value for batch in found for value in batch.column(column).to_pylist())

    @property
    def tables(self):
        return sorted(map(table_name, self.schemas))


def sync(plugin, spec, **request):
    """One sync by the plugin, which is told a spec as before every sync of the CLI."""
    delivery = Delivery()
    begin = plugin.stdout.stat().st_size
    try:
        plugin.init(spec)
        for message in plugin.sync(withErrorMessages=True, **request):
            kind = message.WhichOneof("message")
            if kind == "migrate_table":
                delivery.schemas.append(read_schema(message.migrate_table.table))
            elif kind == "insert":
                delivery.batches += read_batches(message.insert.record)
            elif kind == "error":
                delivery.errors.append(message.error.error)
    except grpc.RpcError as error:
        delivery.ok, delivery.text = False, error.details()
    with open(plugin.stdout, "rb") as log:
        log.seek(begin)
        delivery.log = [json.loads(line) for line in log.read().splitlines() if line]
    return delivery


class Receiver:
    """The strict destination with a database in memory. It upserts by the keys of the tables, as in the write mode
    `overwrite`. Use as a context."""

    def __init__(self):
        self._destination = DuckDbDestination()
        self._destination.init(json.dumps({"path": ":memory:"}))
        self._now = datetime.datetime.now(datetime.timezone.utc)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._destination.close()

    def take(self, delivery):
        """Stores what a sync sent. Rows that a sync sends again replace those before, as they do in destinations that
        store row by row; which ones may be sent again is for the caller to say."""
        stream = WriteStream(self._destination)
        for schema in delivery.schemas:
            ipc = as_ipc(of_the_cli(schema), [])
            stream.handle(pb.Write.Request(migrate_table=pb.Write.MessageMigrateTable(table=ipc)))
        self._next_time()
        waiting = set()
        for batch in delivery.batches:
            ids = set(batch.column("_cq_id").to_pylist())
            if waiting & ids:
                stream.flush()
                self._next_time()
                waiting.clear()
            waiting |= ids
            columns = [pa.repeat(pa.scalar(self._now, BY_THE_CLI[0].type), batch.num_rows),
                       pa.repeat(SOURCE_NAME, batch.num_rows), *batch.columns]  # fmt: skip
            record = pa.RecordBatch.from_arrays(columns, schema=of_the_cli(batch.schema))
            ipc = as_ipc(record.schema, [record])
            stream.handle(pb.Write.Request(insert=pb.Write.MessageInsert(record=ipc)))
        stream.flush()

    def rows(self, *columns):
        """These columns of all rows, each row behind the name of its table."""
        storage = self._destination.storage
        names = ", ".join(columns)
        return [(table, *row) for table in storage.names() for row in storage.query(f'SELECT {names} FROM "{table}"')]

    def _next_time(self):
        # The destination refuses a row that has the key and the time of another.
        self._now += datetime.timedelta(microseconds=1)


def of_the_cli(schema):
    """With the columns that the CLI puts before those of a source."""
    return pa.schema([*BY_THE_CLI, *schema], metadata=schema.metadata)


def as_ipc(schema, batches):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


@contextlib.contextmanager
def state_server(plugin):
    """A server that lives as long as the plugin that keeps its state there."""
    server = StateServer(plugin.folder, plugin.folder / "state.sock")
    try:
        yield server
    finally:
        server.close()
