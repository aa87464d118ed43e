"""Runs the demo. scripts/demo sets up and builds first."""

import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from harness import paths
from harness.cli import Workspace, spec_for
from harness.minio import free_port
from harness.state import BACKEND, TABLE
from sample_data import late_object, sample_objects

BUCKET = "shop"
ROWS_SHOWN = 3
START_SECONDS = 60
NEXT = """
What to do next
  Your own bucket       put its name and region into {config}; leave out endpoint and path_style.
                        Credentials come from the environment, a profile or the role of the machine.
  Look before you sync  build/cq-source-s3 preview {config}
  Your own destination  replace the destination by one of CloudQuery's hub; docs/recipes.md has configurations.
  One file to install   make dist
"""


class LocalS3:
    """moto's S3 server as a child process. Unlike MinIO, which the tests use, it need not be compiled."""

    region = "us-east-1"

    def __init__(self, log):
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        with open(log, "wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                sys.exit(f"The S3 server does not start; see {log}")
            time.sleep(0.1)

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def environment(self):
        """It accepts any keys."""
        return {"AWS_ACCESS_KEY_ID": "demo", "AWS_SECRET_ACCESS_KEY": "demo"}

    def client(self):
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name=self.region, aws_access_key_id="demo",
            aws_secret_access_key="demo", config=Config(s3={"addressing_style": "path"}, proxies={}),
        )  # fmt: skip

    def stop(self):
        self._process.terminate()
        self._process.wait()


def main():
    folder = paths.ROOT / ".demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    say("Starting a local S3 server (moto)")
    server = LocalS3(folder / "server.log")
    try:
        client = server.client()
        client.create_bucket(Bucket=BUCKET)
        say(f"Uploading sample data to the bucket {BUCKET}")
        for key, body in sample_objects():
            put(client, key, body)
        workspace = Workspace(folder, server, measure_memory=False)
        run = sync(workspace, server, "Syncing with the CloudQuery CLI into DuckDB")
        show_tables(run)
        print()
        say("Uploading one more object")
        put(client, *late_object())
        before = counts_of(run)
        run = sync(workspace, server, "Syncing again: only the new object is read")
        show_growth(before, counts_of(run))
    finally:
        say("Stopping the S3 server")
        server.stop()
    print(f"\nDuckDB file    {short(run.database)}")
    print(f"Configuration  {short(folder / 'config-1.yml')}")
    print(f"Logs           {short(folder)}/cloudquery-*.log")
    print(NEXT.format(config=short(folder / "config-1.yml")), end="")


def put(client, key, body):
    client.put_object(Bucket=BUCKET, Key=key, Body=body)
    print(f"    {key:<44} {len(body) / 1024:8.1f} KiB")


def sync(workspace, server, what):
    say(what)
    started = time.monotonic()
    run = workspace.sync(
        spec_for(server, BUCKET), write_mode="overwrite", deterministic_cq_id=True, backend_options=BACKEND
    )
    for line in re.split(r"[\r\n]+", run.output):
        # The CLI redraws its progress on one line.
        if line.strip() and "Syncing resources..." not in line:
            print("    " + line.strip())
    if run.exit_code != 0:
        sys.exit(f"The sync failed; see the logs in {short(workspace.folder)}")
    read = sum(line["objects"] for line in run.log if line.get("message") == "sync finished")
    print(f"    {read} objects read, {time.monotonic() - started:.1f} seconds")
    return run


def counts_of(run):
    """Table -> number of rows, as they are now."""
    return {table: count for table, count in run.counts().items() if table != TABLE}


def show_tables(run):
    for table, count in counts_of(run).items():
        print(f"\n{table}: {count:,} rows")
        rows = run.rows(table)
        names = [n for n in rows.column_names if not n.startswith("_cq_")]
        shown = rows.select(names).sort_by(names[0]).slice(0, ROWS_SHOWN).to_pylist()
        cells = [names] + [[cut(row[n]) for n in names] for row in shown]
        widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
        for line in cells:
            print("    " + "  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def show_growth(before, after):
    for table, count in after.items():
        print(f"    {table:<16} {before.get(table, 0):>6,} -> {count:>6,} rows")


def cut(value, most=24):
    text = str(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def short(path):
    return str(path.relative_to(paths.ROOT))


def say(text):
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    main()
