"""Syncs sample data from MinIO into DuckDB, checks the row counts and prints them."""

import ctypes
import io
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
from harness.cli import Workspace, spec_for
from harness.minio import Minio
from sample_data import sample_objects

BUCKET = "shop"


def main():
    folder = Path(tempfile.mkdtemp(prefix="check-sync-"))
    minio = Minio(folder / "minio")
    try:
        expected = put_objects(minio.client())
        run = Workspace(folder, minio, measure_memory=False).sync(spec_for(minio, BUCKET))
        counts = run.counts()
    finally:
        minio.stop()
    print(f"Debian {Path('/etc/debian_version').read_text().strip()}, {libcurl()}")
    for table, count in sorted(counts.items()):
        print(f"{table}: {count} rows")
    if run.exit_code != 0 or counts != expected:
        sys.exit(f"exit code {run.exit_code}, expected {dict(expected)}; see {folder}")
    shutil.rmtree(folder)
    print("All rows were delivered")


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


def libcurl():
    """The version that the plugin loads too."""
    library = ctypes.CDLL("libcurl.so.4")
    library.curl_version.restype = ctypes.c_char_p
    return library.curl_version().decode().split()[0]


if __name__ == "__main__":
    main()
