"""Runs the real CloudQuery CLI, cut off from the machine's own settings and from the network."""

import contextlib
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from destination.storage import Storage

from . import paths, secrets
from .killer import Killer
from .peak_memory import PeakMemory, write_launcher

TIMEOUT_SECONDS = 600

# So that a sanitizer build under test can be told what to do.
PASSED_ON = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "ARROW_DEFAULT_MEMORY_POOL")
PASSED_ON_SUFFIX = "SAN_OPTIONS"

# The CLI's own words when a plugin ended with another exit status than 0.
PLUGIN_DIED = "plugin process failed with exit status"


@dataclass
class Run:
    """One finished run of the CLI."""

    exit_code: int
    output: str
    log: list = field(repr=False)
    database: Path
    plugin_peak_bytes: int
    killed: bool = False

    @property
    def warnings(self):
        """The messages of what the plugins logged as warnings."""
        return self.messages("warn")

    @property
    def errors(self):
        return self.messages("error")

    def messages(self, level):
        return [line.get("message", "") for line in self.log if line.get("level") == level]

    def tables(self):
        return self._read(lambda storage: storage.names(), [])

    def rows(self, table):
        """A table as a pyarrow.Table."""
        return self._read(lambda storage: storage.read(table), None)

    def query(self, sql, *parameters):
        return self._read(lambda storage: storage.query(sql, *parameters), [])

    def counts(self):
        """Table name -> number of rows."""
        return {name: self.query(f'SELECT count(*) FROM "{name}"')[0][0] for name in self.tables()}

    def _read(self, what, if_missing):
        # Opened for each question, since the next run needs the file for itself.
        if not self.database.exists():
            return if_missing
        storage = Storage(str(self.database), read_only=True)
        try:
            return what(storage)
        finally:
            storage.close()


class Workspace:
    """A folder to run the CLI in. Runs of one workspace store into the same DuckDB file."""

    def __init__(self, folder, minio, measure_memory=True):
        self.folder = folder
        self.database = folder / "stored.duckdb"
        self._minio = minio
        self._program = folder / "source" if measure_memory else paths.SOURCE
        self._runs = 0

    def use(self, program):
        """Runs another program as the source. Its memory is not measured."""
        self._program = program

    def sync(self, spec, *, write_mode="append", tables=("*",), flags=(), environment=None,
             destination=None, kill_after=None, kill="source", **source_options):
        """Runs `cloudquery sync`. `spec` is the source's own; `source_options` go beside it.

        `kill_after`: seconds from the sync's begin until the source, the destination or the cli is killed.
        """
        config = [
            self.source(spec, tables=list(tables), **source_options),
            self.destination(write_mode, **(destination or {})),
        ]
        return self.run("sync", config, *flags, environment=environment, kill_after=kill_after, kill=kill)

    def list_tables(self, spec, *flags, environment=None, **source_options):
        """Runs `cloudquery tables`: the run, and the names it listed."""
        config = [self.source(spec, tables=["*"], **source_options), self.destination("append")]
        listing = self.folder / f"listing-{self._runs}"
        run = self.run("tables", config, "--output-dir", str(listing), *flags, environment=environment)
        found = list(listing.glob("*/__tables.json"))
        names = [t["name"] for path in found for t in json.loads(path.read_text())]
        return run, names

    def source(self, spec, **options):
        return {
            "kind": "source",
            "spec": {
                "name": "s3",
                "registry": "local",
                "path": str(self._program),
                "destinations": ["duckdb"],
                "spec": spec,
                **options,
            },
        }

    def destination(self, write_mode, *, migrate_mode="safe", **options):
        return {
            "kind": "destination",
            "spec": {
                "name": "duckdb",
                "registry": "local",
                "path": paths.require(paths.DESTINATION),
                "write_mode": write_mode,
                "migrate_mode": migrate_mode,
                "spec": {"path": str(self.database), **options},
            },
        }

    def run(self, command, config, *flags, environment=None, kill_after=None, kill="source"):
        """Runs one CLI command on a list of YAML documents."""
        self._runs += 1
        config_file = secrets.allow(self.folder / f"config-{self._runs}.yml")
        config_file.write_text(yaml.safe_dump_all(config, allow_unicode=True, sort_keys=False))
        log_file = self.folder / f"cloudquery-{self._runs}.log"
        pid_file = self.folder / f"source-{self._runs}.pid"
        source = paths.require(paths.SOURCE)
        if self._program != paths.SOURCE:
            write_launcher(self._program, pid_file, source)
        killer = contextlib.nullcontext() if kill_after is None else Killer(pid_file, log_file, kill_after, kill)
        with PeakMemory(pid_file) as peak, killer:
            finished = subprocess.run(
                [
                    paths.require(paths.CLI), command, str(config_file), *flags,
                    "--telemetry-level", "none",
                    "--log-format", "json",
                    "--log-file-name", str(log_file),
                    "--cq-dir", str(self.folder / ".cq"),
                ],
                cwd=self.folder,
                env={**isolated_environment(self.folder), **self._minio.environment(), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_SECONDS,
            )
        (self.folder / f"output-{self._runs}.txt").write_bytes(finished.stdout)
        run = Run(
            exit_code=finished.returncode,
            output=finished.stdout.decode(errors="replace"),
            log=read_log(log_file),
            database=self.database,
            plugin_peak_bytes=peak.bytes,
            killed=kill_after is not None and killer.killed,
        )
        assert run.killed or PLUGIN_DIED not in run.output, run.output
        return run


def isolated_environment(home):
    """Nothing of the machine's AWS, CloudQuery or proxy settings; no calls home."""
    kept = {k: v for k, v in os.environ.items() if k in PASSED_ON or k.endswith(PASSED_ON_SUFFIX)}
    return {
        **kept,
        "HOME": str(home),
        "CQ_TELEMETRY_LEVEL": "none",
        "CQ_DISABLE_PLATFORM_DESTINATION": "true",
        # The credential chain must not go looking for a cloud machine's own address.
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def read_log(path):
    if not path.exists():
        return []
    lines = [line for line in path.read_text(errors="replace").splitlines(keepends=True) if line.strip()]
    # A CLI that is killed may leave a piece of a line.
    return [json.loads(line) for line in lines if line.endswith("\n")]


def spec_for(minio, bucket):
    """The source's spec for a bucket of the test server."""
    return {"bucket": bucket, "region": minio.region, "endpoint": minio.endpoint, "path_style": True}
