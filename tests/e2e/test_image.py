"""The images of packaging/image: the plugin as a server, and the CLI beside it for the job of packaging/kubernetes."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time

import pytest
import yaml
from harness import paths
from harness.cli import Run, isolated_environment
from harness.minio import free_port
from harness.objects import numbered, parquet, put_all
from harness.state import numbers

pytestmark = [
    pytest.mark.one_file,
    pytest.mark.skipif(os.geteuid() != 0, reason="only the user root can make images"),
    pytest.mark.xdist_group("image"),
]

OBJECTS = {f"t/{i}.parquet": parquet(numbered(10 * i, 10)) for i in range(6)}
JOB = paths.ROOT / "packaging" / "kubernetes" / "sync-job.yaml"
START_SECONDS = 60


@pytest.fixture
def buildah(tmp_path, monkeypatch):
    """Runs buildah with a storage of the test's own."""
    (tmp_path / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\nrunroot = "{tmp_path}/run"\ngraphroot = "{tmp_path}/storage"\n'
    )
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")

    def run(*arguments):
        return subprocess.run(["buildah", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    yield run
    run("rm", "--all")


@pytest.fixture
def make_image(buildah):
    """A container of a new image."""

    def make(*options):
        command = [paths.ROOT / "packaging" / "image" / "build", *options, paths.one_file()]
        built = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
        return buildah("from", built.stdout.split()[-1])

    return make


def variables(environment):
    return [f"--env={name}={value}" for name, value in environment.items()]


@contextlib.contextmanager
def served(command, port):
    server = subprocess.Popen(command, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def test_the_image_serves_a_source_over_tcp(buildah, make_image, minio, workspace, s3, bucket, spec):
    container = make_image()
    config = json.loads(buildah("inspect", container))["OCIv1"]["config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/usr/bin/cq-source-s3"]
    assert config["Cmd"][:5] == ["serve", "--address", "[::]:7777", "--network", "tcp"]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    put_all(s3, bucket, OBJECTS)
    port = free_port()
    serve = [argument.replace("7777", str(port)) for argument in config["Entrypoint"] + config["Cmd"]]
    with served(["buildah", "run", *variables(minio.environment()), container, "--", *serve], port):
        source = workspace.source(spec(), tables=["*"])
        source["spec"] |= {"registry": "grpc", "path": f"127.0.0.1:{port}"}
        run = workspace.run("sync", [source, workspace.destination("append")])
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == list(range(60))


def test_the_job_of_kubernetes_syncs_a_shard_with_the_image_beside_it(
    buildah, make_image, minio, workspace, s3, bucket, spec, tmp_path
):
    (job,) = yaml.safe_load(JOB.read_text())["spec"]["template"]["spec"]["containers"]
    container = make_image("--with-cli")
    put_all(s3, bucket, OBJECTS)
    port = free_port()
    source = workspace.source(spec(), tables=["*"])
    source["spec"]["path"] = "/usr/bin/cq-source-s3"
    target = workspace.destination("append")
    target["spec"] |= {"registry": "grpc", "path": f"127.0.0.1:{port}"}
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yml").write_text(yaml.safe_dump_all([source, target]))
    (mount,) = job["volumeMounts"]
    destination = [paths.require(paths.DESTINATION), "serve", "--network", "tcp", "--address", f"127.0.0.1:{port}"]
    with served(destination, port):
        for index in range(int(job["env"][0]["value"])):
            environment = {
                **isolated_environment("/home/nonroot"),
                **minio.environment(),
                **{variable["name"]: variable["value"] for variable in job["env"]},
                "JOB_COMPLETION_INDEX": str(index),
                "PATH": "/usr/bin:/bin",
            }
            volume = f"{tmp_path / 'config'}:{mount['mountPath']}:ro"
            buildah("run", "-v", volume, *variables(environment), container, "--", *job["command"], *job["args"])
    run = Run(exit_code=0, output="", log=[], database=workspace.database, plugin_peak_bytes=0)
    assert numbers(run, "t") == list(range(60))
