"""Measures a whole sync of each data set from MinIO on this machine, with a client that reads the stream and
decodes nothing, next to two floors of the same run: Arrow's own decode of the same bytes from memory on one
thread, and plain GETs of the same objects by curl.

Prints one table; every figure is the median of the runs.
"""

import argparse
import io
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
from data_sets import DATA_SETS
from far_store import FarStore
from harness.cli import spec_for
from harness.minio import REGION, Minio
from harness.objects import put_all
from harness.plugin import Plugin

MIB = 1 << 20
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows-per-record", type=int, nargs="+", default=[500, 10000])
    parser.add_argument("--only", nargs="+", help="names of data sets")
    parser.add_argument("--memory-limit", default="256MiB")
    parser.add_argument("--latency", type=milliseconds, default=0.0, help='wait before every answer, such as "30ms"')
    parser.add_argument("--bandwidth", type=float, default=0, help="MiB/s of one connection; 0: no limit")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cq-bench-") as folder:
        minio = Minio(Path(folder))
        try:
            print_header()
            for data in DATA_SETS:
                if not options.only or data.name in options.only:
                    measure(data, minio, options)
        finally:
            minio.stop()


def milliseconds(text):
    """Seconds in "30ms"."""
    return float(text.removesuffix("ms")) / 1000


def measure(data, minio, options):
    bucket = re.sub(r"[^a-z0-9]+", "-", data.name)
    client = minio.client()
    client.create_bucket(Bucket=bucket)
    objects = {key: data.parquet(i) for i, key in enumerate(data.keys())}
    put_all(client, bucket, objects)
    size = sum(len(body) for body in objects.values())
    decode = in_child(lambda: decode_all(objects.values()))
    objects = None
    fetch = median([curl_all(data, bucket, minio) for _ in range(options.runs)])
    for rows_per_record in options.rows_per_record:
        spec = {
            **spec_for(minio, bucket),
            "rows_per_record": rows_per_record,
            "memory_limit": options.memory_limit,
        }
        with FarStore(minio.endpoint) as counting:
            sync({**spec, "endpoint": counting.endpoint}, minio)
            counts = counting.counts()
        if options.latency or options.bandwidth:
            with FarStore(minio.endpoint, options.latency, options.bandwidth * MIB) as far:
                runs = [sync({**spec, "endpoint": far.endpoint}, minio) for _ in range(options.runs)]
        else:
            runs = [sync(spec, minio) for _ in range(options.runs)]
        run = {k: median([r[k] for r in runs]) for k in runs[0]}
        print_row(data, size, rows_per_record, decode, fetch, run, counts)


def median(values):
    return statistics.median(values)


def decode_all(bodies):
    for body in bodies:
        for _ in pq.ParquetFile(io.BytesIO(body)).iter_batches(batch_size=65536, use_threads=False):
            pass


def in_child(work):
    """CPU seconds of `work`, in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        before = time.process_time()
        work()
        os.write(writer, str(time.process_time() - before).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return float(os.read(reader, 100))


def curl_all(data, bucket, minio):
    """Seconds that curl takes for all objects, one after the other on one connection."""
    keys = "".join(f'url = "{minio.endpoint}/{bucket}/{key}"\noutput = /dev/null\n' for key in data.keys())
    config = f'user = "{minio.access_key}:{minio.secret_key}"\naws-sigv4 = "aws:amz:{REGION}:s3"\nsilent\nfail\n'
    start = time.monotonic()
    subprocess.run(["curl", "--config", "-"], input=(config + keys).encode(), check=True)
    return time.monotonic() - start


def sync(spec, minio):
    with Plugin(minio.environment(), flags=["--log-level", "error"]) as plugin:
        raw = plugin.channel.unary_stream("/cloudquery.plugin.v3.Plugin/Sync")
        plugin.init(spec)
        start = time.monotonic()
        size, first = 0, None
        for message in raw(b"\x0a\x01*"):  # Sync.Request{tables: ["*"]}
            size += len(message)
            if first is None and message[0] == 0x12:  # an insert
                first = time.monotonic() - start
        return {"seconds": time.monotonic() - start, "first": first, "stream": size, **usage(plugin.process.pid)}


def usage(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return {"cpu": (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND, "peak": int(peak[1]) * 1024}


COLUMNS = ["data", "stored MiB", "rows/record", "s", "M rows/s", "MiB/s", "CPU s", "CPU / decode", "s / curl",
           "first record s", "peak MiB", "lists", "GETs", "other", "bytes / stored"]


def print_header():
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS), flush=True)


def print_row(data, size, rows_per_record, decode, fetch, run, counts):
    cells = [
        data.name, f"{size / MIB:.0f}", str(rows_per_record), f"{run['seconds']:.2f}",
        f"{data.rows / run['seconds'] / 1e6:.2f}", f"{size / MIB / run['seconds']:.0f}", f"{run['cpu']:.2f}",
        f"{run['cpu'] / decode:.2f}", f"{run['seconds'] / fetch:.2f}", f"{run['first']:.2f}",
        f"{run['peak'] / MIB:.0f}", f"{counts['list']}", f"{counts['get']}", f"{counts['other']}",
        f"{counts['bytes'] / size:.3f}",
    ]  # fmt: skip
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
