"""Measures a whole sync of each data set from MinIO on this machine, with a client that reads the stream and
decodes nothing, next to two floors of the same run: Arrow's own decode of the same bytes from memory on one
thread, and plain GETs of the same objects by curl.

Prints one table; every figure is the median of the runs. Then it lists 100,000 keys from a server that answers
at once, and, with --stall, has a client stop reading for a while.
"""

import argparse
import gzip
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
from data_sets import DATA_SETS
from far_store import FarStore
from harness.cli import spec_for
from harness.minio import REGION, Minio
from harness.objects import put_all
from harness.plugin import Plugin
from key_server import THE_KEY, KeyServer

MIB = 1 << 20
LISTED_KEYS = 100_000
STALL_STEP_S = 10
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows-per-record", type=int, nargs="+", default=[500, 10000])
    parser.add_argument("--only", nargs="+", help='names of data sets, and "listing"')
    parser.add_argument("--memory-limit", default="256MiB")
    parser.add_argument("--latency", type=milliseconds, default=0.0, help='wait before every answer, such as "30ms"')
    parser.add_argument("--bandwidth", type=float, default=0, help="MiB/s of one connection; 0: no limit")
    parser.add_argument("--stall", type=int, default=0, help="seconds that a client does not read; 0: none does that")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cq-bench-") as folder:
        minio = Minio(Path(folder))
        try:
            print_header(options)
            for data in DATA_SETS:
                if not options.only or data.name in options.only:
                    measure(data, minio, options)
            if not options.only or "listing" in options.only:
                measure_listing(options)
        finally:
            minio.stop()


def milliseconds(text):
    """Seconds in "30ms"."""
    return float(text.removesuffix("ms")) / 1000


def measure(data, minio, options):
    bucket = re.sub(r"[^a-z0-9]+", "-", data.name)
    client = minio.client()
    client.create_bucket(Bucket=bucket)
    objects = {key: data.content(i) for i, key in enumerate(data.keys())}
    put_all(client, bucket, objects)
    size = sum(len(body) for body in objects.values())
    decode = median([floor(data, objects.values()) for _ in range(options.runs)])
    objects = None
    fetch = median([curl_all(data, bucket, minio) for _ in range(options.runs)])
    for rows_per_record in options.rows_per_record:
        spec = {
            **spec_for(minio, bucket),
            "filetype": data.filetype,
            "rows_per_record": rows_per_record,
            "memory_limit": options.memory_limit,
        }
        with FarStore(minio.endpoint) as counting:
            sync({**spec, "endpoint": counting.endpoint}, minio)
            counts = counting.counts()
        run = medians([sync(spec, minio) for _ in range(options.runs)])
        far_seconds = None
        if is_far(options):
            with FarStore(minio.endpoint, options.latency, options.bandwidth * MIB) as far:
                far_runs = [sync({**spec, "endpoint": far.endpoint}, minio) for _ in range(options.runs)]
            far_seconds = medians(far_runs)["seconds"]
        print_row(data, size, rows_per_record, decode, fetch, run, counts, far_seconds)
        if options.stall:
            stall(spec, minio, options.stall)


def is_far(options):
    return options.latency or options.bandwidth


def median(values):
    return statistics.median(values)


def medians(runs):
    return {key: median([run[key] for run in runs]) for key in runs[0]}


def floor(data, bodies):
    """CPU seconds of Arrow's own decode of the bytes from memory, on one thread, and of the system's own program for their
    compression."""
    seconds = 0
    for body in bodies:
        if data.compression:
            packed, body = body, decompress(body, data.compression)
            seconds += unpacking(packed, data.compression)
        seconds += in_child(lambda text=body: data.decode(text))
    return seconds


def decompress(body, compression):
    return gzip.decompress(body) if compression == "gz" else pa.input_stream(pa.BufferReader(body), "zstd").read()


def unpacking(packed, compression):
    program = {"gz": "gzip", "zst": "zstd"}[compression]
    before = os.times().children_user + os.times().children_system
    subprocess.run([program, "-dc"], input=packed, stdout=subprocess.DEVNULL, check=True)
    return os.times().children_user + os.times().children_system - before


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
    keys = "".join(f'url = "{minio.endpoint}/{bucket}/{key}"\noutput = /dev/null\n' for key in data.keys())  # noqa: SIM118, a method of DataSet
    config = f'user = "{minio.access_key}:{minio.secret_key}"\naws-sigv4 = "aws:amz:{REGION}:s3"\nsilent\nfail\n'
    start = time.monotonic()
    subprocess.run(["curl", "--config", "-"], input=(config + keys).encode(), check=True)
    return time.monotonic() - start


def serve(environment):
    return Plugin(environment, flags=["--log-level", "error"])


def start_sync(plugin, spec, table="*"):
    """The stream of a sync's messages as bytes."""
    plugin.init(spec)
    request = b"\x0a" + bytes([len(table)]) + table.encode()  # Sync.Request{tables: [table]}
    return plugin.channel.unary_stream("/cloudquery.plugin.v3.Plugin/Sync")(request)


def sync(spec, minio, table="*"):
    with serve(minio.environment()) as plugin:
        start = time.monotonic()
        size, first = 0, None
        for message in start_sync(plugin, spec, table):
            size += len(message)
            if first is None and message[0] == 0x12:  # an insert
                first = time.monotonic() - start
        return {"seconds": time.monotonic() - start, "first": first, "stream": size, **usage(plugin.process.pid)}


def usage(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = Path(f"/proc/{pid}/status").read_text()
    kib = {name: int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) for name in ["VmHWM", "VmRSS"]}
    return {"cpu": (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND, "peak": kib["VmHWM"] * 1024,
            "now": kib["VmRSS"] * 1024}  # fmt: skip


def stall(spec, minio, seconds):
    """Shows what the plugin holds while its client does not read."""
    with serve(minio.environment()) as plugin:
        messages = start_sync(plugin, spec)
        next(messages)
        held = []
        for _ in range(seconds // STALL_STEP_S + 1):
            held.append(usage(plugin.process.pid)["now"] // MIB)
            time.sleep(STALL_STEP_S)
        for _ in messages:
            pass
    print(f"    not read for {seconds} s, MiB held every {STALL_STEP_S} s: {' '.join(map(str, held))}", flush=True)


def measure_listing(options):
    """Keys listed a second, and memory a key: what a sync of one object takes more beside very many than beside few."""
    table, _ = THE_KEY.split("/")
    taken = {}
    for keys in [1000, LISTED_KEYS]:
        with KeyServer(keys) as server:
            spec = {"bucket": "keys", "region": "us-east-1", "endpoint": server.endpoint, "path_style": True}
            taken[keys] = medians([sync(spec, server, table) for _ in range(options.runs)])
    few, many = taken.values()
    print(f"listing {LISTED_KEYS:,} keys: {many['seconds']:.2f} s, {LISTED_KEYS / many['seconds']:,.0f} keys/s, "
          f"{(many['peak'] - few['peak']) / LISTED_KEYS:.0f} bytes a key", flush=True)  # fmt: skip


COLUMNS = ["data", "stored MiB", "rows/record", "s", "M rows/s", "MiB/s", "CPU s", "CPU / decode", "s / curl",
           "first record s", "peak MiB", "lists", "GETs", "other", "bytes / stored"]


FAR_COLUMNS = ["far s", "far s / s"]


def print_header(options):
    columns = COLUMNS + (FAR_COLUMNS if is_far(options) else [])
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns), flush=True)


def print_row(data, size, rows_per_record, decode, fetch, run, counts, far_seconds):
    cells = [
        data.name, f"{size / MIB:.0f}", str(rows_per_record), f"{run['seconds']:.2f}",
        f"{data.rows / run['seconds'] / 1e6:.2f}", f"{size / MIB / run['seconds']:.0f}", f"{run['cpu']:.2f}",
        f"{run['cpu'] / decode:.2f}", f"{run['seconds'] / fetch:.2f}", f"{run['first']:.2f}",
        f"{run['peak'] / MIB:.0f}", f"{counts['list']}", f"{counts['get']}", f"{counts['other']}",
        f"{counts['bytes'] / size:.3f}",
    ]  # fmt: skip
    if far_seconds is not None:
        cells += [f"{far_seconds:.2f}", f"{far_seconds / run['seconds']:.2f}"]
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
