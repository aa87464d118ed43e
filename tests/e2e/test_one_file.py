"""The one file (docs/one_file.md) in place of the plugin of the build."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile

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


@pytest.fixture
def package(one_file):
    def run(*arguments):
        command = [one_file, "package", "-m", "New.", *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture
def version(one_file):
    return subprocess.run([one_file, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


def test_its_package_is_what_publish_takes_and_the_cli_runs_what_it_holds(
    one_file, package, version, workspace, s3, bucket, spec, tmp_path
):
    finished = package(version, paths.ROOT, "-D", tmp_path / "dist")
    assert finished.returncode == 0, finished.stderr
    described = json.loads((tmp_path / "dist" / "package.json").read_text())
    assert {k: v for k, v in described.items() if k != "supported_targets"} == {
        "schema_version": 1, "team": "cq-source-s3", "kind": "source", "name": "s3", "message": "New.",
        "version": version, "protocols": [3], "package_type": "native",
    }  # fmt: skip
    (target,) = described["supported_targets"]
    archive = tmp_path / "dist" / target["path"]
    assert target["checksum"] == "sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest()
    assert json.loads((tmp_path / "dist" / "tables.json").read_text()) == []
    assert json.loads((tmp_path / "dist" / "spec_json_schema.json").read_text())["additionalProperties"] is False
    pages = {page.name: page.read_text() for page in (tmp_path / "dist" / "docs").iterdir()}
    assert pages == {page.name: page.read_text() for page in (paths.ROOT / "packaging" / "hub").iterdir()}

    # As managedplugin/download.go of the CLI unpacks it: one file, by its name.
    member = f"plugin-s3-{version}-{target['os']}-{target['arch']}"
    plugin = workspace.folder / ".cq" / "plugins" / "source" / "cq-source-s3" / "s3" / version / "plugin"
    plugin.parent.mkdir(parents=True)
    plugin.write_bytes(zipfile.ZipFile(archive).read(member))
    plugin.chmod(0o744)
    assert plugin.read_bytes() == one_file.read_bytes()
    put_all(s3, bucket, OBJECTS)
    workspace.use(plugin)
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == list(range(60))


@pytest.mark.parametrize("other", ["v1.2.4", "1.2", "v0.0.1-rc.1"])
def test_a_package_of_another_version_is_refused(package, version, tmp_path, other):
    finished = package(other, paths.ROOT, "-D", tmp_path / "dist")
    assert finished.returncode == 1
    assert other in finished.stderr
    assert not (tmp_path / "dist").exists()


def test_a_package_keeps_the_target_of_another_processor(package, version, tmp_path):
    dist = tmp_path / "dist"
    assert package(version, paths.ROOT, "-D", dist).returncode == 0
    described = json.loads((dist / "package.json").read_text())
    (own,) = described["supported_targets"]
    other = {**own, "arch": "riscv64", "path": "plugin-other.zip"}
    (dist / "plugin-other.zip").write_bytes(b"x")
    (dist / "package.json").write_text(json.dumps({**described, "supported_targets": [own, other]}))
    assert package(version, paths.ROOT, "-D", dist).returncode == 0
    assert json.loads((dist / "package.json").read_text())["supported_targets"] == [other, own]
