"""Kills a source without warning, some time after its sync has begun."""

import contextlib
import os
import signal
import threading

# What the CLI logs right before it asks for the sync.
BEGUN = b"Start fetching resources"


class Killer:
    """Use as a context around the run; afterwards `killed` tells whether the plugin was still there."""

    def __init__(self, pid_file, log_file, seconds):
        self.killed = False
        self._pid_file = pid_file
        self._log_file = log_file
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait_and_kill, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _wait_and_kill(self):
        while not self._has_begun():
            if self._over.wait(0.005):
                return
        if self._over.wait(self._seconds):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(self._pid_file.read_text()), signal.SIGKILL)
            self.killed = True

    def _has_begun(self):
        return self._log_file.exists() and BEGUN in self._log_file.read_bytes()
