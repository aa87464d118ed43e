"""Section "Launch" of docs/conformance.md: the process as the CLI starts and ends it."""

import itertools
import json
import os
import signal
import stat
import subprocess
import sys
import time

import grpc
import pytest
from harness import paths
from harness.minio import free_port
from harness.objects import numbered, parquet, put_all
from harness.plugin import Plugin, failing, wait_for_exit

EXIT_SECONDS = 5
START_SECONDS = 1
LONGEST_LINE = 4095
LEVELS = {"trace", "debug", "info", "warn", "error"}

FLAGS = [
    ["--log-level", "debug"],
    ["--log-format=json"],
    ["--no-sentry"],
    ["--otel-endpoint", "localhost:4318"],
    ["--otel-endpoint-insecure"],
    ["--license=/nowhere"],
]


def run_plugin(*arguments):
    return subprocess.run([paths.require(paths.SOURCE), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=30)  # fmt: skip


@pytest.fixture
def many_rows(s3, bucket):
    """A bucket whose sync takes longer than a client that does not read lets it."""
    rows = parquet(numbered(0, count=400_000))
    put_all(s3, bucket, {f"t/{i}.parquet": rows for i in range(8)})


@pytest.fixture
def plugin(minio):
    with Plugin(minio.environment()) as running:
        yield running


@pytest.mark.parametrize("order", list(itertools.islice(itertools.permutations(FLAGS), 0, 720, 144)))
def test_all_flags_of_the_cli_are_accepted_in_any_order(order):
    with Plugin(flags=list(itertools.chain.from_iterable(order))) as plugin:
        assert plugin.versions() == [3]


@pytest.mark.parametrize(
    "arguments",
    [["serve", "--unknown"], ["serve", "--log-level", "loud"], ["serve", "--network", "pigeon"], ["serve", "x"], []],
)
def test_an_unknown_flag_or_value_exits_1(arguments):
    finished = run_plugin(*arguments)
    assert finished.returncode == 1
    assert finished.stderr


def test_listens_within_a_second_of_its_start_and_before_any_s3_or_dns_work():
    start = time.monotonic()
    with Plugin({"HTTPS_PROXY": "http://127.0.0.1:1"}) as plugin:
        # Nothing has been configured yet, and a spec whose host does not resolve is taken without a look.
        assert time.monotonic() - start < START_SECONDS
        plugin.init({"bucket": "b", "region": "r", "endpoint": "https://no-such-host.invalid"})


def test_nobody_but_its_user_may_connect_to_its_socket_whatever_the_umask():
    before = os.umask(0)
    try:
        with Plugin() as plugin:
            assert stat.S_IMODE(plugin.socket.stat().st_mode) == 0o600
            assert plugin.versions() == [3]
    finally:
        os.umask(before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_status_0_and_its_socket_is_removed(plugin, number):
    plugin.process.send_signal(number)
    assert plugin.process.wait(EXIT_SECONDS) == 0
    assert not plugin.socket.exists()


def test_a_signal_after_a_long_sync_ends_it_too(plugin, many_rows, spec):
    plugin.init(spec())
    assert sum(1 for _ in plugin.sync()) > 1000
    plugin.process.send_signal(signal.SIGINT)
    assert plugin.process.wait(EXIT_SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_a_sync_ends_it_too(plugin, many_rows, spec, number):
    plugin.init(spec())
    messages = plugin.sync()
    next(messages)
    plugin.process.send_signal(number)
    assert plugin.process.wait(EXIT_SECONDS) == 0
    assert not plugin.socket.exists()


def test_it_ends_when_its_parent_dies_and_leaves_nobody_who_holds_stdout(tmp_path):
    socket = tmp_path / "s"
    parent = subprocess.Popen(
        [sys.executable, "-c",
         "import subprocess, sys, time\n"
         "child = subprocess.Popen(sys.argv[1:])\n"
         "print(child.pid, flush=True)\n"
         "time.sleep(60)\n",
         paths.require(paths.SOURCE), "serve", "--network", "unix", "--address", str(socket)],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    child = int(parent.stdout.readline())
    deadline = time.monotonic() + 30
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    assert wait_for_exit(child, EXIT_SECONDS)
    assert parent.stdout.read() is not None  # returns only at the end of the pipe
    assert not socket.exists()


def test_stdout_has_json_lines_of_the_five_levels_only_and_stderr_is_empty(plugin, s3, bucket, spec):
    long_key = "/".join(["k" * 200] * 4) + "/" + "日" * 30
    put_all(s3, bucket, {f"{long_key}{i}.parquet": b"not a Parquet file" for i in range(3)})
    put_all(s3, bucket, {"t/x.parquet": parquet(numbered(0))})
    plugin.init(spec())
    list(plugin.sync())
    plugin.process.send_signal(signal.SIGINT)
    plugin.process.wait(EXIT_SECONDS)
    lines = plugin.log_lines()
    assert len(lines) > 5
    for line in lines:
        assert line.endswith(b"\n") and len(line) <= LONGEST_LINE
        parsed = json.loads(line)
        assert isinstance(parsed, dict) and parsed["level"] in LEVELS and "time" not in parsed
        assert parsed["module"] == "s3-source"
    assert plugin.stderr.read_bytes() == b""


def test_grpc_does_not_write_to_stderr_and_messages_of_150_mib_are_received(plugin):
    with failing(grpc.StatusCode.INTERNAL) as caught:
        plugin.init(b'"' + b"x" * (150 << 20) + b'"')
    assert "spec:" in caught.value.details()
    assert plugin.stderr.read_bytes() == b""


def test_an_address_in_use_exits_1():
    port = free_port()
    first = subprocess.Popen([paths.require(paths.SOURCE), "serve", "--address", f"127.0.0.1:{port}"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        first.stdout.readline()  # it says that it listens
        second = run_plugin("serve", "--address", f"127.0.0.1:{port}")
        assert second.returncode == 1
        assert f"127.0.0.1:{port}".encode() in second.stderr
    finally:
        first.send_signal(signal.SIGINT)
        assert first.wait(EXIT_SECONDS) == 0


def test_help_version_info_and_doc_are_those_of_other_plugins(tmp_path):
    assert b"serve" in run_plugin("--help").stdout
    assert run_plugin("--version").stdout.startswith(b"s3 v")
    assert b"/source/s3@v" in run_plugin("info").stderr
    assert run_plugin("doc", str(tmp_path / "docs"), "--format", "json").returncode == 0
    assert json.loads((tmp_path / "docs" / "__tables.json").read_text()) == []


def test_package_refuses_an_executable_that_needs_other_libraries_and_writes_nothing(tmp_path):
    (tmp_path / "packaging" / "hub").mkdir(parents=True)
    (tmp_path / "packaging" / "hub" / "overview.md").write_text("# Overview\n")
    version = run_plugin("--version").stdout.split()[-1].decode()
    finished = run_plugin("package", "-m", "x", version, str(tmp_path))
    assert finished.returncode == 1
    assert b"libarrow.so" in finished.stderr
    assert b"make dist" in finished.stderr
    assert not (tmp_path / "dist").exists()


def test_no_library_for_zip_files_is_loaded_at_the_start():
    listed = subprocess.run(["ldd", paths.require(paths.SOURCE)], capture_output=True, text=True, check=True).stdout
    libraries = {line.split()[0].split(".so")[0] for line in listed.splitlines()}
    assert "libz" in libraries
    assert not libraries & {"libzip", "libminizip"}


def test_it_leaves_no_socket_of_its_own_behind_when_it_cannot_listen(tmp_path):
    missing = tmp_path / "no such folder" / "s"
    finished = run_plugin("serve", "--network", "unix", "--address", str(missing))
    assert finished.returncode == 1
    assert not os.path.exists(missing)
