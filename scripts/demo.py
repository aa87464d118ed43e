"""Runs the demo. scripts/demo sets up and builds first."""

import re
import shutil
import sys
import time

from harness import paths
from harness.cli import Workspace, spec_for
from harness.minio import Minio
from sample_data import sample_objects

BUCKET = "shop"
ROWS_SHOWN = 3


def main():
    folder = paths.ROOT / ".demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    say("Starting a local S3 server (MinIO)")
    minio = Minio(folder / "minio")
    try:
        put_sample_data(minio)
        run = sync(minio, folder)
    finally:
        say("Stopping the S3 server")
        minio.stop()
        shutil.rmtree(folder / "minio")
    if run.exit_code != 0:
        sys.exit("The sync failed; see the log in " + short(folder))
    show_tables(run)
    print(f"\nDuckDB file    {short(run.database)}")
    print(f"Configuration  {short(folder / 'config-1.yml')}")
    print(f"Log            {short(folder / 'cloudquery-1.log')}")


def put_sample_data(minio):
    client = minio.client()
    client.create_bucket(Bucket=BUCKET)
    say(f"Uploading sample data to the bucket {BUCKET}")
    for key, body in sample_objects():
        client.put_object(Bucket=BUCKET, Key=key, Body=body)
        print(f"    {key:<44} {len(body) / 1024:8.1f} KiB")


def sync(minio, folder):
    say("Syncing with the CloudQuery CLI into DuckDB")
    started = time.monotonic()
    workspace = Workspace(folder, minio, measure_memory=False)
    run = workspace.sync(spec_for(minio, BUCKET), write_mode="overwrite-delete-stale")
    for line in re.split(r"[\r\n]+", run.output):
        # The CLI redraws its progress on one line.
        if line.strip() and "Syncing resources..." not in line:
            print("    " + line.strip())
    print(f"    {time.monotonic() - started:.1f} seconds")
    return run


def show_tables(run):
    for table, count in run.counts().items():
        print(f"\n{table}: {count:,} rows")
        rows = run.rows(table)
        names = [n for n in rows.column_names if not n.startswith("_cq_")]
        shown = rows.select(names).sort_by(names[0]).slice(0, ROWS_SHOWN).to_pylist()
        cells = [names] + [[cut(row[n]) for n in names] for row in shown]
        widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
        for line in cells:
            print("    " + "  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def cut(value, most=24):
    text = str(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def short(path):
    return str(path.relative_to(paths.ROOT))


def say(text):
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    main()
