"""Buckets at random, each synced three times with state while its objects appear, vanish, change, are denied, damaged,
throttled, listed twice and archived. The reference (harness/random_bucket.py) says which rows must be stored then.

A failure shows the seed, the bucket's number and its history. The variable CQ_RANDOM_SEED draws the same buckets again,
CQ_RANDOM_BUCKET one of them alone.
"""

import os
import random

import pyarrow as pa
import pytest
from harness import delivery
from harness.cli import Workspace
from harness.random_bucket import RandomBucket
from harness.state import BACKEND, TABLE

SYNCS = 3
# The parts run side by side, each with one plugin for all its buckets.
PARTS, BUCKETS_OF_A_PART = 4, 30
BUCKETS_WITH_THE_CLI = 12
COLUMNS = ("n", "text", "v", "_cq_id")


@pytest.fixture
def seed(record_property):
    chosen = int(os.environ.get("CQ_RANDOM_SEED") or random.randrange(2**32))
    print("CQ_RANDOM_SEED =", chosen)
    record_property("CQ_RANDOM_SEED", chosen)
    return chosen


def chosen(buckets):
    only = os.environ.get("CQ_RANDOM_BUCKET")
    return [bucket for bucket in buckets if only in (None, "", str(bucket))]


def sync(plugin, bucket, receiver, backend, number, tamper=lambda batches: batches):
    """One sync of a bucket; what is wrong then."""
    # The receiver cannot be read, so a checkpoint would wait for it in vain. The syncs of the CLI have checkpoints.
    options = {**bucket.step(), "checkpoints": "off"}
    sent = delivery.sync(plugin, bucket.server.spec(**options), backend=backend, deterministic_cq_id=True)
    # Markers are not data.
    sent.schemas = [schema for schema in sent.schemas if is_data(schema)]
    sent.batches = tamper([batch for batch in sent.batches if is_data(batch.schema)])
    # Destinations that hold rows back drop them when a sync fails.
    stored = sent.ok or bucket.random.random() < 0.5
    if stored:
        receiver.take(sent)
    numbers = [n for batch in sent.batches for n in batch.column("n").to_pylist()]
    wrong = bucket.settle(sent.ok, sent.reported, numbers, stored)
    return [f"sync {number}: {each}" for each in wrong + bucket.wrong_rows(receiver.rows(*COLUMNS))]


def is_data(schema):
    return not delivery.table_name(schema).startswith(TABLE)


def complaints(plugin, backend, seed, number, **options):
    with RandomBucket(f"{seed}/{number}") as bucket, delivery.Receiver() as receiver:
        state = backend.backend(f"{TABLE}_{number}")
        for i in range(SYNCS):
            wrong = sync(plugin, bucket, receiver, state, i + 1, **options)
            if wrong:
                return wrong, bucket
    return [], bucket


def report(seed, number, wrong, bucket):
    return "\n".join([f"CQ_RANDOM_SEED={seed} CQ_RANDOM_BUCKET={number}", *wrong[:10], "History:", *bucket.history])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_random_buckets_lose_double_and_change_no_row(stand_in_plugin, stand_in_backend, seed, part):
    failures = []
    for number in chosen(range(part * BUCKETS_OF_A_PART, (part + 1) * BUCKETS_OF_A_PART)):
        wrong, bucket = complaints(stand_in_plugin, stand_in_backend, seed, number)
        if wrong:
            failures.append(report(seed, number, wrong, bucket))
    if failures:
        pytest.fail(f"{len(failures)} buckets went wrong\n\n" + "\n\n".join(failures[:5]), pytrace=False)


@pytest.mark.parametrize("number", range(1000, 1000 + BUCKETS_WITH_THE_CLI))
def test_random_buckets_through_the_cli(tmp_path, seed, number):
    if not chosen([number]):
        return
    with RandomBucket(f"{seed}/{number}", large_objects=False) as bucket:
        workspace = Workspace(tmp_path, bucket.server, measure_memory=False)
        for i in range(SYNCS):
            run = workspace.sync(bucket.server.spec(**bucket.step()), write_mode="overwrite",
                                 deterministic_cq_id=True, backend_options=BACKEND)  # fmt: skip
            ok = run.exit_code == 0
            reported = "\n".join(map(str, [*run.errors, *(line for line in run.log if line.get("level") == "warn")]))
            wrong = bucket.settle(ok, reported, stored=True if ok else None)
            wrong += bucket.wrong_rows(stored_rows(run))
            if wrong:
                pytest.fail(report(seed, number, [f"sync {i + 1}:", *wrong], bucket), pytrace=False)


def stored_rows(run):
    # The state, and the markers beside it, are not data.
    tables = [table for table in run.tables() if not table.startswith(TABLE)]
    return [(table, *row) for table in tables for row in run.query(f'SELECT {", ".join(COLUMNS)} FROM "{table}"')]


def without_an_object(batches):
    return batches[1:]


def doubled(batches):
    """One batch once more under other ids."""
    twice = batches[0]
    at = twice.schema.get_field_index("_cq_id")
    other = [bytes([value[0] ^ 1, *value[1:]]) for value in twice.column(at).to_pylist()]
    return [*batches, twice.set_column(at, twice.schema.field(at), pa.array(other, twice.schema.field(at).type))]


def altered(batches):
    """One value is another."""
    first = batches[0]
    at = first.schema.get_field_index("v")
    values = first.column(at).to_pylist()
    changed = pa.array([values[0] + 1, *values[1:]], first.schema.field(at).type)
    return [first.set_column(at, first.schema.field(at), changed), *batches[1:]]


@pytest.mark.parametrize(
    "tamper, complaint",
    [(without_an_object, "rows are missing"), (doubled, "is there 2 times"), (altered, "is wrong")],
)
def test_the_reference_sees_what_happens_between_plugin_and_destination(
    stand_in_plugin, stand_in_backend, tamper, complaint
):
    for number, action in enumerate([lambda batches: batches, tamper]):
        with RandomBucket("calm", calm=True) as bucket, delivery.Receiver() as receiver:
            state = stand_in_backend.backend(f"{TABLE}_{number}")
            wrong = sync(stand_in_plugin, bucket, receiver, state, 1, action)
        assert any(complaint in each for each in wrong) == (action is tamper), wrong
