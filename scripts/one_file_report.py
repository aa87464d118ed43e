"""Prints the size of the one file, the libraries that it needs, and how long it takes from its start to an open socket.

Fails if a library is needed that is neither in the file nor part of glibc.
"""

import contextlib
import multiprocessing
import multiprocessing.pool
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

GLIBC = re.compile(r"(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1|ld-linux.*\.so\.\d)")
VERSION = re.compile(r"\bGLIBC_(\d+\.\d+)")
DEADLINE_SECONDS = 60


@dataclass
class Start:
    """From exec to an open socket, in milliseconds."""

    wall: float
    cpu: float


class Server:
    """The plugin, started with a cache directory; None: without one."""

    def __init__(self, file, cache):
        self._folder = Path(tempfile.mkdtemp(prefix="start-"))
        self.socket = self._folder / "s"
        variables = {"XDG_CACHE_HOME": str(cache)} if cache else {}
        self._begin = time.monotonic()
        self.process = subprocess.Popen(
            [file, "serve", "--network", "unix", "--address", self.socket], env=variables, stdout=subprocess.DEVNULL
        )

    def wait(self):
        """Waits for the socket and ends the plugin."""
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() - self._begin > DEADLINE_SECONDS:
                sys.exit("the plugin does not start")
            time.sleep(0.0005)
        wall = time.monotonic() - self._begin
        self.process.send_signal(signal.SIGINT)
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        shutil.rmtree(self._folder)
        return Start(1000 * wall, 1000 * (usage.ru_utime + usage.ru_stime))

    def _listens(self):
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.connect(str(self.socket))
            return True
        return False


def main():
    file = Path(sys.argv[1]).absolute()
    print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as folder:
        Server(file, folder).wait()
        report_libraries(file, [path for path in Path(folder).rglob("*") if path.is_file()])
    report_starts(file)


def report_libraries(file, unpacked):
    """The NEEDED entries of the file, and of each file that it unpacks."""
    inside = {path.name for path in unpacked}
    versions = set()
    for path in [file, *unpacked]:
        if path.read_bytes()[:4] != b"\x7fELF":
            continue
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "-d", path))
        print(f"  {'(unpacked) ' if path != file else ''}{path.name} needs {' '.join(needed) or 'nothing'}")
        foreign = [name for name in needed if name not in inside and not GLIBC.fullmatch(name)]
        if foreign:
            sys.exit(f"{path.name} needs {' '.join(foreign)}, which not every system has")
        versions.update(VERSION.findall(output_of("readelf", "--version-info", path)))
    latest = max(versions, key=lambda version: [int(part) for part in version.split(".")])
    print(f"  glibc {latest} or later is needed")


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def report_starts(file):
    print("From the start to an open socket (median of wall time and CPU time; the slowest):")
    show("first", [start(file, fresh()) for _ in range(5)])
    cache = fresh()
    start(file, cache)
    show("later", [start(file, cache) for _ in range(20)])
    show("without a cache", [start(file, None) for _ in range(5)])
    show("ten at once, first", at_once(file, fresh()))
    show("ten at once, later", at_once(file, cache))
    with busy_cores():
        show("all cores busy, first", [start(file, fresh()) for _ in range(5)])
        show("all cores busy, later", [start(file, cache) for _ in range(20)])
    for folder in FOLDERS:
        shutil.rmtree(folder)


FOLDERS = []


def fresh():
    FOLDERS.append(tempfile.mkdtemp(prefix="cache-"))
    return FOLDERS[-1]


def start(file, cache):
    return Server(file, cache).wait()


def at_once(file, cache):
    servers = [Server(file, cache) for _ in range(10)]
    with multiprocessing.pool.ThreadPool(10) as pool:
        return pool.map(Server.wait, servers)


@contextlib.contextmanager
def busy_cores():
    processes = [multiprocessing.Process(target=spin, daemon=True) for _ in range(os.cpu_count())]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def spin():
    while True:
        pass


def show(what, starts):
    wall = statistics.median(s.wall for s in starts)
    cpu = statistics.median(s.cpu for s in starts)
    print(f"  {what:<22} {wall:5.0f} ms {cpu:5.0f} ms; {max(s.wall for s in starts):5.0f} ms", flush=True)


if __name__ == "__main__":
    main()
