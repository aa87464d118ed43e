"""Which tables there are, and that every cell arrives as the Parquet files have it."""

import pytest
from harness.objects import all_kinds, assert_same_cells, numbered, parquet, put_all, table_name

FOLDERS = {
    "datafile_0.parquet": "datafile_0",
    "data/2024/datafile_1.parquet": "data_2024",
    "data/2024/01/14/datafile_2.parquet": "data_2024_01_14",
    "data/2024/02/14/14/15/datafile_3.parquet": "data_2024_02_14_14_15",
}


def test_each_folder_is_a_table_and_a_file_without_folder_is_its_own(workspace, s3, bucket, spec):
    put_all(s3, bucket, {key: parquet(numbered(0)) for key in FOLDERS})
    run, names = workspace.list_tables(spec())
    assert run.exit_code == 0, run.output
    assert sorted(names) == sorted(FOLDERS.values())


def test_every_cell_of_every_kind_arrives(workspace, s3, bucket, spec):
    files = {key: all_kinds(i * 100) for i, key in enumerate(FOLDERS)}
    put_all(s3, bucket, {key: parquet(table) for key, table in files.items()})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.tables() == sorted(FOLDERS.values())
    for key, name in FOLDERS.items():
        assert_same_cells(run.rows(name), files[key])


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zstd", "row_group_size": 7},
        {"compression": "gzip", "data_page_version": "2.0"},
        {"compression": "none", "use_dictionary": False, "store_schema": False},
        {"compression": "brotli", "data_page_size": 64},
        {"compression": "lz4", "use_byte_stream_split": ["f32", "f64"], "use_dictionary": ["text"]},
    ],
    ids=lambda o: o["compression"],
)
def test_however_the_file_was_written(workspace, s3, bucket, spec, options):
    written = all_kinds(0, count=100)
    if not options.get("store_schema", True):
        # Without Arrow's own schema in the file there is no telling the two kinds of strings apart.
        written = written.drop_columns(["large_text"])
    put_all(s3, bucket, {"t/one.parquet": parquet(written, **options)})
    run = workspace.sync(spec(rows_per_record=33))
    assert run.exit_code == 0, run.output
    assert_same_cells(run.rows("t"), written)


def test_rows_of_all_files_of_a_folder_are_in_its_table(workspace, s3, bucket, spec):
    files = {f"a/b/part-{i}.parquet": numbered(i * 10, count=i) for i in range(1, 6)}
    put_all(s3, bucket, {key: parquet(table) for key, table in files.items()})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.counts() == {"a_b": 15}
    expected = sorted(n for table in files.values() for n in table.column("n").to_pylist())
    assert sorted(run.rows("a_b").column("n").to_pylist()) == expected


def test_only_the_wanted_tables_are_synced(workspace, s3, bucket, spec):
    put_all(s3, bucket, {f"{name}/x.parquet": parquet(numbered(0)) for name in ("a1", "a2", "b1")})
    run = workspace.sync(spec(), tables=["a*", "b1"], skip_tables=["a2"])
    assert run.exit_code == 0, run.output
    assert run.tables() == ["a1", "b1"]


def test_a_wanted_table_that_does_not_exist_fails_the_sync(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"a/x.parquet": parquet(numbered(0))})
    run = workspace.sync(spec(), tables=["a", "nothing_*"])
    assert run.exit_code != 0
    assert "tables include a pattern nothing_* with no matches" in run.output


def test_the_model_of_the_naming_rule_agrees_with_the_examples():
    assert {key: table_name(key) for key in FOLDERS} == FOLDERS
