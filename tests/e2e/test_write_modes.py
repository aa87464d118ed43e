"""What two syncs store in each write mode, and the rows' own ids."""

import pytest
from harness.objects import numbered, parquet, put_all

OBJECTS = {"t/a.parquet": (0, 3), "t/b.parquet": (10, 2), "u/c.parquet": (20, 4)}


def put(s3, bucket, objects=OBJECTS):
    put_all(s3, bucket, {key: parquet(numbered(*rows)) for key, rows in objects.items()})


def column(run, table, name):
    return run.rows(table).column(name).to_pylist()


def assert_ids_are_sound(run):
    for table in run.tables():
        ids = column(run, table, "_cq_id")
        assert None not in ids and len(set(ids)) == len(ids), table
        assert set(column(run, table, "_cq_parent_id")) <= {None}, table


def test_append_stores_the_rows_of_every_sync(workspace, s3, bucket, spec):
    put(s3, bucket)
    first = workspace.sync(spec(), write_mode="append")
    assert first.exit_code == 0, first.output
    assert_ids_are_sound(first)
    assert first.counts() == {"t": 5, "u": 4}
    second = workspace.sync(spec(), write_mode="append")
    assert second.exit_code == 0, second.output
    assert second.counts() == {"t": 10, "u": 8}
    assert sorted(column(second, "t", "n")) == sorted(2 * [0, 1, 2, 10, 11])


@pytest.mark.parametrize("mode", ["overwrite", "overwrite-delete-stale"])
def test_overwriting_by_lasting_ids_stores_each_row_once(workspace, s3, bucket, spec, mode):
    put(s3, bucket)
    for _ in range(2):
        run = workspace.sync(spec(), write_mode=mode, deterministic_cq_id=True)
        assert run.exit_code == 0, run.output
        assert_ids_are_sound(run)
        assert run.counts() == {"t": 5, "u": 4}
        assert sorted(column(run, "t", "n")) == [0, 1, 2, 10, 11]


@pytest.mark.parametrize("mode, after_two", [("overwrite", 10), ("overwrite-delete-stale", 5)])
def test_with_random_ids_only_delete_stale_takes_the_earlier_rows_away(
    workspace, s3, bucket, spec, mode, after_two
):
    put(s3, bucket)
    assert workspace.sync(spec(), write_mode=mode).exit_code == 0
    run = workspace.sync(spec(), write_mode=mode)
    assert run.exit_code == 0, run.output
    assert_ids_are_sound(run)
    assert len(column(run, "t", "n")) == after_two


def test_overwriting_changes_the_rows_of_an_object_that_was_replaced(workspace, s3, bucket, spec):
    put(s3, bucket)
    assert workspace.sync(spec(), write_mode="overwrite", deterministic_cq_id=True).exit_code == 0
    put(s3, bucket, {"t/a.parquet": (100, 2)})
    run = workspace.sync(spec(), write_mode="overwrite-delete-stale", deterministic_cq_id=True)
    assert run.exit_code == 0, run.output
    assert sorted(column(run, "t", "n")) == [10, 11, 100, 101]
    assert_ids_are_sound(run)


def test_delete_stale_removes_the_rows_of_an_object_that_is_gone(workspace, s3, bucket, spec):
    put(s3, bucket)
    assert workspace.sync(spec(), write_mode="overwrite-delete-stale").exit_code == 0
    s3.delete_object(Bucket=bucket, Key="t/b.parquet")
    run = workspace.sync(spec(), write_mode="overwrite-delete-stale")
    assert run.exit_code == 0, run.output
    assert run.counts() == {"t": 3, "u": 4}


def test_the_same_rows_get_the_same_ids_however_they_are_cut(workspace, s3, bucket, spec):
    put(s3, bucket)
    ids = []
    for cut in ({"rows_per_record": 1}, {"rows_per_record": 1000, "concurrency": 1}):
        run = workspace.sync(spec(**cut), write_mode="overwrite", deterministic_cq_id=True)
        assert run.exit_code == 0, run.output
        ids.append(dict(zip(column(run, "t", "n"), column(run, "t", "_cq_id"))))
    assert len(ids[0]) == 5 and ids[0] == ids[1]


def test_equal_rows_are_still_rows_of_their_own(workspace, s3, bucket, spec):
    same = parquet(numbered(0, count=2).take([0, 0, 1]))
    put_all(s3, bucket, {"t/a.parquet": same, "t/b.parquet": same})
    run = workspace.sync(spec(), write_mode="overwrite", deterministic_cq_id=True)
    assert run.exit_code == 0, run.output
    assert sorted(column(run, "t", "n")) == [0, 0, 0, 0, 1, 1]
    assert_ids_are_sound(run)
