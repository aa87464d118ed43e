"""Syncs that are split over several processes, with a backend that they share."""

import pytest
from harness.objects import numbered, parquet, put_all
from harness.state import delivered_key, numbers, state_of, synced


def put(s3, bucket, objects):
    put_all(s3, bucket, {key: parquet(numbered(start)) for key, start in objects.items()})


def forty(first):
    """Objects of two tables, and their keys' first n."""
    return {f"{'tu'[i % 2]}/{i:03}.parquet": 10 * i for i in range(first, first + 40)}


def rows(objects, table):
    return sorted(n + i for key, n in objects.items() if key.startswith(table) for i in range(3))


def assert_stored(run, objects):
    for table in "tu":
        assert numbers(run, table) == rows(objects, table), table


@pytest.fixture(params=["append", "overwrite", "overwrite-delete-stale"])
def mode(request):
    return {"write_mode": request.param, "deterministic_cq_id": True}


def sync_shards(workspace, spec, total, **mode):
    """One process after another, since only one can have the database open."""
    for num in range(1, total + 1):
        run = synced(workspace, spec, flags=("--shard", f"{num}/{total}"), **mode)
    return run


def test_shards_store_everything_once_and_go_on_with_any_other_number(workspace, s3, bucket, spec, mode):
    objects = forty(0)
    put(s3, bucket, objects)
    run = sync_shards(workspace, spec(), 4, **mode)
    assert_stored(run, objects)
    keys = {f"{delivered_key(bucket, t)}/{n}-of-4" for t in "tu" for n in (1, 2, 3, 4)}
    assert keys <= state_of(run).keys()
    for total in (2, 1):
        more = forty(40 * total)
        put(s3, bucket, more)
        objects |= more
        if total == 1:
            run = synced(workspace, spec(), **mode)
        else:
            run = sync_shards(workspace, spec(), total, **mode)
        assert_stored(run, objects)


def test_shards_go_on_where_an_unsharded_sync_ended(workspace, s3, bucket, spec):
    objects = forty(0)
    put(s3, bucket, objects)
    assert_stored(synced(workspace, spec()), objects)
    more = forty(40)
    put(s3, bucket, more)
    for _ in range(2):
        assert_stored(sync_shards(workspace, spec(), 2), objects | more)


def test_a_shard_that_did_not_run_is_missed_by_no_later_sync(workspace, s3, bucket, spec):
    objects = forty(0)
    put(s3, bucket, objects)
    run = synced(workspace, spec(), flags=("--shard", "1/2"))
    assert 0 < len(numbers(run, "t") + numbers(run, "u")) < 120
    for _ in range(2):
        assert_stored(synced(workspace, spec()), objects)
