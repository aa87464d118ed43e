"""Many objects, many folders, and keys that have to be encoded with care."""

import pytest
from harness.objects import numbered, parquet, put_all, table_name


def numbers(run, table):
    return sorted(run.rows(table).column("n").to_pylist())


def test_2500_objects_of_one_folder_arrive(workspace, s3, bucket, spec):
    count = 2500
    put_all(s3, bucket, {f"many/{i:05}.parquet": parquet(numbered(i, count=1)) for i in range(count)})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.tables() == ["many"]
    assert numbers(run, "many") == list(range(count))


def test_50_folders_arrive(workspace, s3, bucket, spec):
    put_all(s3, bucket, {f"folder {i}/x.parquet": parquet(numbered(i)) for i in range(50)})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.tables() == sorted(f"folder_{i}" for i in range(50))
    for i in range(50):
        assert numbers(run, f"folder_{i}") == [i, i + 1, i + 2]


ODD_NAMES = [
    "with space", "plus+plus", "100%", "%41%2F", "it's", 'say "so"', "a=b&c=d", "question?", "hash#", "semi;colon",
    "comma,dollar$", "at@colon:", "ünïcode", "日本語 🚀", "(brackets) [and] {more}", "tilde~star*", "back\\slash",
    "<angle>", "caret^pipe|", "e\u0301 decomposed", " leading and trailing ",
]  # fmt: skip


@pytest.mark.parametrize("where", ["folder", "file"])
def test_keys_with_odd_characters_arrive(workspace, s3, bucket, spec, where):
    keys = [f"{n}/x.parquet" if where == "folder" else f"f/{n}.parquet" for n in ODD_NAMES]
    if where == "folder":
        # One folder a table: names that differ in what is replaced only would be merged.
        keys = [f"{i} {key}" for i, key in enumerate(keys)]
    put_all(s3, bucket, {key: parquet(numbered(i * 3)) for i, key in enumerate(keys)})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    expected = {}
    for i, key in enumerate(keys):
        expected.setdefault(table_name(key), []).extend(range(i * 3, i * 3 + 3))
    assert run.tables() == sorted(expected)
    for table, wanted in expected.items():
        assert numbers(run, table) == sorted(wanted), table


def test_a_prefix_with_odd_characters_is_taken_as_it_is(workspace, s3, bucket, spec):
    prefix = "100% it's a+b/ü"
    put_all(s3, bucket, {f"{prefix}/x.parquet": parquet(numbered(0)), "100/x.parquet": parquet(numbered(9))})
    run = workspace.sync(spec(path_prefix=prefix))
    assert run.exit_code == 0, run.output
    assert run.counts() == {"100_it_s_a_b": 3}


def test_keys_of_the_greatest_length_arrive(workspace, s3, bucket, spec):
    ending = ".parquet"
    # The test server keeps each part of a key in a file name, so no part may exceed 255 bytes.
    parts = ["ä" * 120, "b" * 240, "c" * 240, "d" * 240]
    stem = "/".join(parts) + "/"
    key = stem + "e" * (1000 - len(stem.encode()) - len(ending)) + ending
    assert len(key.encode()) == 1000
    put_all(s3, bucket, {key: parquet(numbered(0))})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert run.counts() == {table_name(key): 3}
