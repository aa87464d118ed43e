import itertools
import os

import boto3  # noqa: F401, imported before the environment is scrubbed
import pytest
from harness import delivery, secrets, stand_in_s3
from harness.cli import Workspace, spec_for
from harness.minio import Minio
from harness.plugin import Plugin

for _name in [n for n in os.environ if n.startswith("AWS_")]:
    del os.environ[_name]


@pytest.fixture(autouse=True)
def no_secret_is_left_behind(tmp_path):
    """Fails a test after which a secret is anywhere but in a configuration; see harness/secrets.py."""
    with secrets.of_one_test():
        yield
        leaks = secrets.leaks(tmp_path)
    if leaks:
        pytest.fail("secrets were left behind:\n" + "\n".join(leaks), pytrace=False)


@pytest.fixture(scope="session")
def minio(tmp_path_factory):
    server = Minio(tmp_path_factory.mktemp("minio"), domains=("localhost", "s3.test"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3(minio):
    return minio.client()


_numbers = itertools.count(1)


@pytest.fixture
def bucket(s3):
    """A bucket of the test's own."""
    name = f"bucket-{next(_numbers)}"
    s3.create_bucket(Bucket=name)
    yield name
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        keys = [{"Key": o["Key"]} for o in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def workspace(tmp_path, minio):
    return Workspace(tmp_path, minio)


@pytest.fixture
def spec(minio, bucket):
    """Makes the source's spec for the test's bucket: spec(path_prefix="a/")."""
    return lambda **more: {**spec_for(minio, bucket), **more}


@pytest.fixture
def stand_in_plugin():
    """A plugin that a StandInS3 lets in, without the CLI."""
    with Plugin(stand_in_s3.environment()) as plugin:
        yield plugin


@pytest.fixture
def stand_in_backend(stand_in_plugin):
    """Keeps the state of that plugin's syncs."""
    with delivery.state_server(stand_in_plugin) as server:
        yield server


def pytest_collection_modifyitems(items):
    """Lets each worker begin with its share of the slow tests, so that none of them is left for the end."""
    # Workers get equal runs of this list, see the option --dist worksteal.
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    share = -(-len(others) // workers)
    items[:] = [
        item
        for worker in range(workers)
        for item in slow[worker::workers] + others[worker * share : (worker + 1) * share]
    ]


def pytest_terminal_summary(terminalreporter):
    """Shows what tests measured, passed or not."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, value in report.user_properties:
                    terminalreporter.write_line(f"{report.nodeid}: {name}: {value}")
