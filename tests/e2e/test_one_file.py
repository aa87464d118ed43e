"""The one file (docs/one_file.md) in place of the plugin of the build."""

import os
import shutil
import subprocess
import sys

import pytest
from harness import certificates, paths
from harness.minio import Minio
from harness.objects import numbered, parquet, put_all
from harness.plugin import Plugin, wait_for_exit
from harness.state import numbers

pytestmark = pytest.mark.one_file

OBJECTS = {f"t/{i}.parquet": parquet(numbered(10 * i, 10)) for i in range(6)}


@pytest.fixture
def one_file(tmp_path, monkeypatch):
    """A copy in a folder of its own, so that nothing beside it can help."""
    (tmp_path / "bin").mkdir()
    file = tmp_path / "bin" / "plugin"
    shutil.copy(paths.one_file(), file)
    monkeypatch.setattr(paths, "SOURCE", file)
    return file


@pytest.fixture
def certificate(tmp_path):
    return certificates.make(tmp_path / "certificates", ["127.0.0.1"])


def test_a_sync_with_the_cli(one_file, workspace, s3, bucket, spec):
    put_all(s3, bucket, OBJECTS)
    workspace.use(one_file)
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == list(range(60))
    assert (workspace.folder / ".cache" / "cq-source-s3").is_dir()


def test_a_sync_without_a_cache_directory(one_file, workspace, s3, bucket, spec):
    put_all(s3, bucket, OBJECTS)
    workspace.use(one_file)
    run = workspace.sync(spec(), environment={"XDG_CACHE_HOME": "/proc"})
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == list(range(60))


def test_tls_with_the_authorities_of_the_environment(one_file, workspace, certificate, tmp_path):
    server = Minio(tmp_path / "minio-tls", certificate=certificate)
    try:
        server.client().create_bucket(Bucket="things")
        put_all(server.client(), "things", OBJECTS)
        workspace.use(one_file)
        spec = {"bucket": "things", "region": server.region, "endpoint": server.endpoint, "path_style": True}
        keys = server.environment()
        refused = workspace.sync(spec, environment=keys)
        assert refused.exit_code != 0
        assert "certificate" in refused.output
        run = workspace.sync(spec, environment={**keys, "SSL_CERT_FILE": str(certificate.ca)})
    finally:
        server.stop()
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == list(range(60))


@pytest.mark.parametrize("cache", ["", "/proc"], ids=["from the cache", "from memory"])
def test_it_is_one_process_that_ends_with_its_parent(one_file, tmp_path, cache):
    socket = tmp_path / "s"
    parent = (
        "import os, subprocess, sys, time\n"
        "plugin = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)\n"
        "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
        "print(plugin.pid, flush=True)\n"
    )
    command = [sys.executable, "-c", parent, socket, one_file, "serve", "--network", "unix", "--address", socket]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": cache}
    pid = int(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=60).stdout)
    assert wait_for_exit(pid, seconds=5)
    assert not socket.exists()


def test_ten_that_start_at_once_all_serve(one_file, tmp_path):
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    plugins = [Plugin(environment, wait=False) for _ in range(10)]
    for plugin in plugins:
        with plugin:
            plugin.connect()
            assert plugin.versions() == [3]
    assert [path.name for path in (tmp_path / "cache" / "cq-source-s3").iterdir() if path.name == "unpacking"] == []


def test_stderr_is_empty_and_a_signal_ends_it_with_status_0(one_file):
    with Plugin() as plugin:
        assert plugin.versions() == [3]
    assert plugin.process.returncode == 0
    assert plugin.stderr.read_bytes() == b""
