"""The most memory a plugin held, read while it runs.

The plugin is started through a script that notes its process id and then *becomes* the plugin, so that
the CLI's signals and its wait reach the plugin itself. The kernel keeps the high-water mark, so sampling
can only miss what happens after the last sample, which is the plugin's shutdown.
"""

import re
import threading
from pathlib import Path

SAMPLE_SECONDS = 0.02


def write_launcher(path, pid_file, program):
    path.write_text(f"#!/bin/sh\necho $$ > '{pid_file}'\nexec '{program}' \"$@\"\n")
    path.chmod(0o755)


class PeakMemory:
    """Use as a context; afterwards `bytes` is the peak of the process named in `pid_file`, or 0."""

    def __init__(self, pid_file):
        self.bytes = 0
        self._pid_file = pid_file
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _watch(self):
        while not self._done.wait(SAMPLE_SECONDS):
            try:
                pid = int(self._pid_file.read_text())
                status = Path(f"/proc/{pid}/status").read_text()
            except (OSError, ValueError):
                continue  # not started yet, or over
            found = re.search(r"VmHWM:\s+(\d+) kB", status)
            if found:
                self.bytes = max(self.bytes, int(found[1]) * 1024)
