"""Syncs sample data from MinIO into DuckDB, checks the row counts and prints them.

With --root, the CloudQuery CLI and the plugin run in that root directory. MinIO and the destination run outside of it.
"""

import argparse
import contextlib
import io
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import yaml
from harness import paths
from harness.cli import Run, Workspace, isolated_environment, read_log, spec_for
from harness.minio import Minio, free_port
from sample_data import sample_objects

BUCKET = "shop"
START_SECONDS = 60
SYNC_SECONDS = 300


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, help="a root directory to run in")
    parser.add_argument("plugin", type=Path, nargs="?", default=paths.SOURCE)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="check-sync-"))
    minio = Minio(folder / "minio")
    try:
        expected = put_objects(minio.client())
        if arguments.root:
            run = sync_in_root(folder, minio, arguments.root, arguments.plugin)
        else:
            run = Workspace(folder, minio, measure_memory=False).sync(spec_for(minio, BUCKET))
        counts = run.counts()
    finally:
        minio.stop()
    for table, count in sorted(counts.items()):
        print(f"{table}: {count} rows")
    if run.exit_code != 0 or counts != expected:
        sys.exit(f"exit code {run.exit_code}, expected {dict(expected)}; see {folder}\n{run.output}")
    shutil.rmtree(folder)
    print("All rows were delivered", flush=True)


def put_objects(client):
    """Returns the number of rows that each table must have."""
    client.create_bucket(Bucket=BUCKET)
    rows = Counter()
    objects = dict(sample_objects())
    # URL encoding and signing must agree on this name.
    objects["customers/a b+c=d&e~f (ü).parquet"] = objects["customers/part-0.parquet"]
    for key, body in objects.items():
        client.put_object(Bucket=BUCKET, Key=key, Body=body)
        rows[table_of(key)] += pq.read_metadata(io.BytesIO(body)).num_rows
    return rows


def table_of(key):
    folder, _, _ = key.rpartition("/")
    return re.sub("[^A-Za-z0-9]+", "_", folder) if folder else key.removesuffix(".parquet")


def sync_in_root(folder, minio, root, plugin):
    """A sync whose CLI and plugin see only `root`. It may have nothing but glibc: no /proc, no shell."""
    inside = Path(tempfile.mkdtemp(prefix="sync-", dir=root / "tmp"))
    place = "/" + str(inside.relative_to(root))
    database = folder / "stored.duckdb"
    try:
        shutil.copy(plugin, inside / "plugin")
        shutil.copy(paths.require(paths.CLI), inside / "cloudquery")
        with destination(folder) as address:
            source = {"name": "s3", "registry": "local", "path": f"{place}/plugin", "tables": ["*"],
                      "destinations": ["duckdb"], "spec": spec_for(minio, BUCKET)}  # fmt: skip
            target = {"name": "duckdb", "registry": "grpc", "path": address, "write_mode": "append",
                      "spec": {"path": str(database)}}  # fmt: skip
            config = [{"kind": "source", "spec": source}, {"kind": "destination", "spec": target}]
            (inside / "config.yml").write_text(yaml.safe_dump_all(config))
            finished = subprocess.run(
                ["chroot", root, f"{place}/cloudquery", "sync", f"{place}/config.yml", "--telemetry-level", "none",
                 "--log-format", "json", "--log-file-name", f"{place}/log", "--cq-dir", f"{place}/.cq"],
                env={**isolated_environment(place), **minio.environment(), "TMPDIR": place},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SYNC_SECONDS,
            )  # fmt: skip
        log = read_log(inside / "log")
    finally:
        shutil.rmtree(inside)
    return Run(finished.returncode, finished.stdout.decode(errors="replace"), log, database, plugin_peak_bytes=0)


@contextlib.contextmanager
def destination(folder):
    """The DuckDB destination as a server: its address."""
    address = f"127.0.0.1:{free_port()}"
    with open(folder / "destination.log", "wb") as log:
        server = subprocess.Popen(
            [paths.require(paths.DESTINATION), "serve", "--network", "tcp", "--address", address], stdout=log, stderr=log
        )
    try:
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address):
    host, _, port = address.partition(":")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on {address}")


if __name__ == "__main__":
    main()
