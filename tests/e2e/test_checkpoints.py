"""What a sync with a backend keeps when something dies in the middle of it."""

import base64
import hashlib
import json
import random

import pytest
from harness.cli import Workspace
from harness.objects import numbered, parquet, put_all
from harness.state import BACKEND, MARKERS, delivered_key, numbers, state_of, synced

BY_LASTING_IDS = {"write_mode": "overwrite", "deterministic_cq_id": True}
ROWS = 20


def hash_of(listed):
    digest = hashlib.sha256(f"{listed['Key']}\0{listed['ETag'].strip(chr(34))}".encode()).digest()
    return digest[:8]


def acknowledged(run, bucket, table):
    """The hashes of the objects that the state counts as delivered."""
    state = {key: value for key, (value, _) in state_of(run).items()}
    record = state.get(delivered_key(bucket, table))
    if record is None:
        return set()
    (coverage,) = json.loads(record)["coverage"]
    hashes = set()
    for row, count, _ in coverage["parts"]:
        raw = base64.b64decode(state[f"s3/{bucket}/{table}/objects/1-of-1/{row}"])
        hashes |= {raw[i : i + 8] for i in range(0, 8 * count, 8)}
    return hashes


def known_of(run):
    """Table -> objects that the sync found in the state."""
    return {line["table"]: line["known"] for line in run.log if line.get("message") == "new objects"}


class Bucket:
    """Objects of two tables, each with rows of its own."""

    def __init__(self, s3, bucket, objects):
        self.name = bucket
        self._first = {f"{'ab'[i % 2]}/{i:04}.parquet": ROWS * i for i in range(objects)}
        put_all(s3, bucket, {key: parquet(numbered(n, ROWS)) for key, n in self._first.items()})
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        self._hashes = {o["Key"]: hash_of(o) for page in pages for o in page["Contents"]}

    def rows(self, table, hashes=None):
        """The rows of a table, or of its objects with these hashes."""
        keys = [k for k in self._first if k[0] == table and (hashes is None or self._hashes[k] in hashes)]
        return [n for k in sorted(keys) for n in range(self._first[k], self._first[k] + ROWS)]

    def assert_not_behind(self, run):
        """Every row that the state counts as delivered is there."""
        for table in "ab":
            assert set(self.rows(table, acknowledged(run, self.name, table))) <= set(numbers(run, table))

    def assert_equal(self, run):
        assert {t: numbers(run, t) for t in "ab"} == {t: self.rows(t) for t in "ab"}


@pytest.fixture
def seeded(record_property):
    seed = random.randrange(2**32)
    print("random seed:", seed)
    record_property("random seed", seed)
    return random.Random(seed)


def duration(run):
    (line,) = [line for line in run.log if line.get("message") == "sync finished"]
    return line["duration_ms"] / 1000


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))  # so that the parts may run side by side
@pytest.mark.parametrize("whom", ["source", "destination", "cli"])
def test_whoever_is_killed_and_whenever_the_next_sync_sends_the_rest(
    tmp_path, minio, s3, bucket, spec, seeded, record_property, whom, part
):
    held = Bucket(s3, bucket, 600)
    slow = spec(concurrency=1, checkpoints="required", checkpoint_interval="10ms")

    def fresh(name):
        folder = tmp_path / name
        folder.mkdir()
        return Workspace(folder, minio)

    whole = synced(fresh("whole"), slow, **BY_LASTING_IDS)
    held.assert_equal(whole)
    kept = []
    for i in range(5):
        workspace = fresh(f"killed-{i}")
        after = seeded.uniform(0, duration(whole))
        run = workspace.sync(slow, backend_options=BACKEND, kill_after=after, kill=whom, **BY_LASTING_IDS)
        held.assert_not_behind(run)
        known = {t: len(acknowledged(run, bucket, t)) for t in "ab"}
        again = synced(workspace, slow, **BY_LASTING_IDS)
        assert known_of(again) == known
        held.assert_equal(again)
        kept.append((run.killed, sum(known.values())))
    record_property("killed, and objects acknowledged before", kept)
    assert any(killed for killed, _ in kept)


@pytest.mark.parametrize("per_table", [False, True], ids=["mixed writer", "batch writer"])
def test_a_destination_that_dies_keeps_what_it_has_acknowledged(
    workspace, s3, bucket, spec, seeded, per_table
):
    held = Bucket(s3, bucket, 300)
    slow = spec(concurrency=1, checkpoint_interval="10ms", rows_per_record=5)
    for _ in range(3):
        run = workspace.sync(
            slow, backend_options=BACKEND, **BY_LASTING_IDS,
            destination={"batch_per_table": per_table, "die_after": seeded.randrange(50, 700)},
        )  # fmt: skip
        held.assert_not_behind(run)
    again = synced(workspace, slow, destination={"batch_per_table": per_table}, **BY_LASTING_IDS)
    held.assert_equal(again)


@pytest.mark.parametrize("write_mode", ["append", "overwrite", "overwrite-delete-stale"])
def test_checkpoints_are_made_in_every_write_mode(workspace, s3, bucket, spec, write_mode):
    held = Bucket(s3, bucket, 20)
    for _ in range(2):
        run = synced(workspace, spec(checkpoints="required"), write_mode=write_mode)
        held.assert_equal(run)
        assert not run.warnings
        assert run.counts()[MARKERS] == 3  # one to see whether it works, two to be sure
    assert known_of(run) == {"a": 10, "b": 10}
