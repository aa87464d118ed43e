"""Buckets with nothing, or with something else than Parquet files, in them."""

import hashlib

import pyarrow as pa
import pytest
from harness.objects import CQ_COLUMNS, numbered, parquet, put_all


def assert_warned_of_nothing_to_read(run, *words):
    assert run.exit_code == 0, run.output
    assert run.tables() == []
    assert any(all(w in warning for w in words) for warning in run.warnings), run.warnings


def test_an_empty_bucket_is_a_success_with_a_warning(workspace, bucket, spec):
    assert_warned_of_nothing_to_read(workspace.sync(spec()), bucket)


def test_an_empty_prefix_is_a_success_with_a_warning(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"a/x.parquet": parquet(numbered(0))})
    assert_warned_of_nothing_to_read(workspace.sync(spec(path_prefix="b/")), bucket, "b/")


def test_a_bucket_of_other_files_is_a_success_with_a_warning(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"a/x.csv": b"n\n1\n", "a/": b"", "parquet": b"", "a/x.parquet.gz": b"\x1f\x8b"})
    assert_warned_of_nothing_to_read(workspace.sync(spec()), bucket)


def test_an_object_without_rows_makes_its_table(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"empty/x.parquet": parquet(numbered(0, count=0))})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.counts() == {"empty": 0}
    assert run.rows("empty").column_names == CQ_COLUMNS + ["n", "text"]


def test_an_object_without_rows_among_others_adds_none(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"t/a.parquet": parquet(numbered(0, count=0)), "t/b.parquet": parquet(numbered(0))})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.counts() == {"t": 3}


def test_a_prefix_may_end_inside_a_name(workspace, s3, bucket, spec):
    keys = ["data/2024/a.parquet", "data/2025/b.parquet", "data/1999/c.parquet", "data/2"]
    put_all(s3, bucket, {key: parquet(numbered(0)) for key in keys})
    run = workspace.sync(spec(path_prefix="data/20"))
    assert run.exit_code == 0, run.output
    assert run.tables() == ["data_2024", "data_2025"]


@pytest.mark.parametrize("ending", ["parquet", "PARQUET", "Parquet", "pArQuEt"])
def test_the_case_of_the_ending_does_not_matter(workspace, s3, bucket, spec, ending):
    put_all(s3, bucket, {f"t/x.{ending}": parquet(numbered(0))})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.counts() == {"t": 3}


def test_folder_markers_and_other_endings_are_ignored(workspace, s3, bucket, spec):
    others = ["t/notes.txt", "t/x.parquet.crc", "t/xparquet", "t/_SUCCESS", "other/x.csv", ".parquet.bak"]
    put_all(s3, bucket, {
        "t/x.parquet": parquet(numbered(0)),
        "t/": b"",
        "marker/": b"",
        **dict.fromkeys(others, b"not a Parquet file"),
    })
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.counts() == {"t": 3}


def test_a_folder_of_which_nothing_can_be_kept_is_named_by_its_hash(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"日本/x.parquet": parquet(numbered(0))})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.counts() == {"t_" + hashlib.sha256("日本".encode()).hexdigest()[:8]: 3}


def test_folders_that_come_to_the_same_name_share_a_table(workspace, s3, bucket, spec):
    put_all(s3, bucket, {
        "a b/x.parquet": parquet(numbered(0)),
        "a-b/x.parquet": parquet(numbered(10)),
        "a/b/x.parquet": parquet(numbered(20)),
    })
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.counts() == {"a_b": 9}


@pytest.mark.parametrize(
    "second",
    [
        pa.table({"n": [1]}),
        pa.table({"n": [1], "text": ["x"], "more": [1]}),
        pa.table({"n": ["1"], "text": ["x"]}),
    ],
    ids=["a column is missing", "a column is new", "a type differs"],
)
def test_with_strict_objects_of_one_table_that_disagree_fail_the_sync_and_store_nothing(
    workspace, s3, bucket, spec, second
):
    put_all(s3, bucket, {"t/a.parquet": parquet(numbered(0)), "t/b.parquet": parquet(second)})
    run = workspace.sync(spec(schema="strict"))
    assert run.exit_code != 0
    assert "t/b.parquet" in run.output
    assert sum(run.counts().values()) == 0
