"""Kills a process of a run without warning, some time after its sync has begun."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

# What the CLI logs right before it asks for the sync.
BEGUN = b"Start fetching resources"

GONE_SECONDS = 20


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children_of(pid):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if parent_of(int(folder.name)) == pid:
                found.append(int(folder.name))
    return found


def wait_until_gone(pids):
    """Waits for processes that end by themselves, such as plugins whose CLI was killed."""
    end = time.monotonic() + GONE_SECONDS
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < end, f"still running: {pids}"
        time.sleep(0.02)


class Killer:
    """Use as a context around the run; afterwards `killed` tells whether the process was still there.

    `whom`: "source", "destination" or "cli".
    """

    def __init__(self, pid_file, log_file, seconds, whom="source"):
        self.killed = False
        self._pid_file = pid_file
        self._log_file = log_file
        self._seconds = seconds
        self._whom = whom
        self._all = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait_and_kill, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        wait_until_gone(self._all)

    def _wait_and_kill(self):
        while not self._has_begun():
            if self._over.wait(0.005):
                return
        if self._over.wait(self._seconds):
            return
        with contextlib.suppress(OSError):
            os.kill(self._victim(), signal.SIGKILL)
            self.killed = True

    def _victim(self):
        source = int(self._pid_file.read_text())
        cli = parent_of(source)
        plugins = children_of(cli)
        # The CLI is waited for by the one who started it.
        self._all = plugins
        if self._whom == "cli":
            return cli
        if self._whom == "source":
            return source
        (destination,) = [pid for pid in plugins if pid != source]
        return destination

    def _has_begun(self):
        return self._log_file.exists() and BEGUN in self._log_file.read_bytes()
