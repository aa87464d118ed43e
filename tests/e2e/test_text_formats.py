"""CSV and JSON Lines: the same rows as Parquet has, whatever they are compressed with."""

import bz2
import datetime
import decimal
import gzip
import json

import pyarrow as pa
import pytest
from harness.objects import CQ_COLUMNS, numbered, parquet, put_all

UTC = datetime.timezone.utc
ROWS = 300


def rows():
    """Values that every format can hold."""
    moment = datetime.datetime(2024, 2, 29, 23, 59, 59, 123456)
    return pa.table({
        "n": pa.array(range(ROWS), pa.int64()),
        "whole": pa.array([None if i % 7 == 3 else 10**17 + i for i in range(ROWS)], pa.int64()),
        "real": pa.array([None if i % 5 == 3 else i / 8 + 0.125 for i in range(ROWS)], pa.float64()),
        "flag": pa.array([i % 2 == 0 for i in range(ROWS)], pa.bool_()),
        "text": pa.array([["", "plain", 'a "quote"', "comma, and\nnew line", "日本語 🚀"][i % 5] for i in range(ROWS)]),
        "code": pa.array([f"{i:05}" for i in range(ROWS)]),
        "day": pa.array([datetime.date(2024, 1, 1) + datetime.timedelta(days=i) for i in range(ROWS)], pa.date32()),
        "at": pa.array([moment + datetime.timedelta(seconds=i) for i in range(ROWS)], pa.timestamp("us", "UTC")),
        "money": pa.array([decimal.Decimal(f"{10**20 + i}.{i % 100:02}") for i in range(ROWS)], pa.decimal128(30, 2)),
    })


TYPES = {"money": "decimal(30,2)", "at": "timestamp(us)"}


def plain(value):
    """A cell as text formats write it."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, (datetime.date, decimal.Decimal)):
        return str(value)
    return value


def csv_of(table, null=""):
    def cell(value):
        value = plain(value)
        if value is None:
            return null
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return '"' + value.replace('"', '""') + '"'
        return repr(value)

    lines = [",".join(table.column_names)]
    lines += [",".join(cell(value) for value in row.values()) for row in table.to_pylist()]
    return ("\n".join(lines) + "\n").encode()


def json_lines(table):
    lines = [json.dumps({key: plain(value) for key, value in row.items()}, ensure_ascii=False)
             for row in table.to_pylist()]
    return ("\n".join(lines) + "\n").encode()


def json_array(table):
    items = [{key: plain(value) for key, value in row.items()} for row in table.to_pylist()]
    return json.dumps(items, indent=2).encode()


def zstd(content):
    return pa.Codec("zstd").compress(content, asbytes=True)


def lz4(content):
    return pa.Codec("lz4").compress(content, asbytes=True)


def members(content):
    """Several members of gzip, one behind the other."""
    third = len(content) // 3
    return b"".join(gzip.compress(part) for part in [content[:third], content[third : 2 * third], content[2 * third :]])


def sorted_rows(table, names):
    return sorted(table.select(names).to_pylist(), key=lambda row: row["n"])


def test_the_same_rows_arrive_from_every_format(workspace, s3, bucket, spec):
    table = rows()
    csv, lines = csv_of(table), json_lines(table)
    put_all(s3, bucket, {
        "parquet/a.parquet": parquet(table),
        "csv/a.csv": csv,
        "csv_gz/a.csv.gz": gzip.compress(csv),
        "csv_members/a.csv.gz": members(csv),
        "csv_zstd/a.csv.zst": zstd(csv),
        "csv_bz2/a.csv.bz2": bz2.compress(csv),
        "csv_lz4/a.csv.lz4": lz4(csv),
        "csv_unnamed/a.csv": gzip.compress(csv),
        "jsonl/a.jsonl": lines,
        "jsonl_gz/a.ndjson.gz": gzip.compress(lines),
        "array/a.json": json_array(table),
    })  # fmt: skip
    run = workspace.sync(spec(filetype="auto", types=TYPES, rows_per_record=70))
    assert run.exit_code == 0, run.output
    expected = run.rows("parquet")
    assert sorted_rows(expected, table.column_names) == sorted_rows(table, table.column_names)
    names = [name for name in run.tables() if name != "parquet"]
    assert len(names) == 10
    for name in names:
        stored = run.rows(name)
        assert stored.schema.equals(expected.schema), f"{name}: {stored.schema} is not {expected.schema}"
        assert sorted_rows(stored, table.column_names) == sorted_rows(expected, table.column_names), name


def sync_one(workspace, s3, bucket, spec, key, content, **options):
    filetype = options.pop("filetype", "auto")
    put_all(s3, bucket, {f"t/{key}": content})
    return workspace.sync(spec(filetype=filetype, **options))


def column_types(run, table="t"):
    return {name: str(run.rows(table).schema.field(name).type)
            for name in run.rows(table).column_names if name not in CQ_COLUMNS}


def test_types_are_inferred_only_where_the_text_comes_back(workspace, s3, bucket, spec):
    header = b"i,d,price,b,day,at,zip,phone,long,mixed,version,empty\n"
    content = header + (
        b"1,1.5,2.50,true,2024-01-01,2024-01-01T00:00:00Z,01234,+4930123,12345678901234567890,1,1.10,\n"
        b"-20,2,3.00,false,2024-12-31,2024-01-02T00:00:00.5Z,99999,030123,1,x,1.1,\n"
    )
    run = sync_one(workspace, s3, bucket, spec, "a.csv", content)
    assert run.exit_code == 0, run.output
    text = dict.fromkeys(["zip", "phone", "long", "mixed", "version", "empty"], "string")
    assert column_types(run) == {
        "i": "int64", "d": "double", "price": "double", "b": "bool", "day": "date32[day]",
        "at": "timestamp[us, tz=UTC]", **text,
    }  # fmt: skip
    assert run.rows("t").column("version").to_pylist() == ["1.10", "1.1"]


def test_infer_text_makes_every_column_text(workspace, s3, bucket, spec):
    run = sync_one(workspace, s3, bucket, spec, "a.csv", b"a,b\n1,true\n2,\n", infer="text")
    assert column_types(run) == {"a": "string", "b": "string"}
    assert sorted(run.rows("t").column("a").to_pylist()) == ["1", "2"]
    assert sorted(run.rows("t").column("b").to_pylist(), key=str) == [None, "true"]


def beyond_the_sample(value):
    """A column of numbers but for one value, which no sample sees."""
    numbers = [f"{i},{i}" for i in range(60_000)]
    numbers[30_000] = f"30000,{value}"
    return ("n,v\n" + "\n".join(numbers) + "\n").encode()


def test_a_later_value_that_does_not_fit_fails_the_object_and_names_line_column_and_remedy(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"u/good.parquet": parquet(numbered(0))})
    run = sync_one(workspace, s3, bucket, spec, "a.csv", beyond_the_sample("many"))
    assert run.exit_code == 0, run.output
    assert run.counts()["u"] == 3
    (warning,) = [line for line in run.log if line["level"] == "warn" and line.get("key") == "t/a.csv"]
    assert warning["reason"] == "corrupt"
    for word in ['column "v"', "line 30002", "types", "infer: full"]:
        assert word in warning["message"]


def test_with_infer_full_the_column_is_text(workspace, s3, bucket, spec):
    run = sync_one(workspace, s3, bucket, spec, "a.csv", beyond_the_sample("many"), infer="full")
    assert run.exit_code == 0, run.output
    assert run.counts() == {"t": 60_000}
    assert run.query("SELECT v FROM t WHERE n = 30000") == [("many",)]


def test_nested_json_becomes_structs_lists_and_json(workspace, s3, bucket, spec):
    lines = [
        {"n": 1, "who": {"name": "a", "age": 3}, "tags": ["x", "y"], "any": 1, "ids": {"123": 1, "456": 2}},
        {"n": 2, "who": {"name": "b", "more": {"deep": 1.5}}, "tags": [], "any": "text", "ids": {"789": 3}},
        {"n": 3, "who": None, "any": {"k": [1]}, "late": "2024-01-01"},
    ]
    run = sync_one(workspace, s3, bucket, spec, "a.jsonl", "\n".join(map(json.dumps, lines)).encode())
    assert run.exit_code == 0, run.output
    stored = {row["n"]: row for row in run.rows("t").to_pylist()}
    assert stored[1]["who"] == {"name": "a", "age": 3, "more": None}
    assert stored[2]["who"] == {"name": "b", "age": None, "more": {"deep": 1.5}}
    assert [stored[n]["tags"] for n in (1, 2, 3)] == [["x", "y"], [], None]
    assert [json.loads(stored[n]["any"]) for n in (1, 2, 3)] == [1, "text", {"k": [1]}]
    assert json.loads(stored[1]["ids"]) == {"123": 1, "456": 2}
    assert stored[3]["late"] == datetime.date(2024, 1, 1)


def test_flatten_makes_columns_of_nested_objects(workspace, s3, bucket, spec):
    content = b'{"n": 1, "a": {"b": {"c": 5}, "d": "x"}}\n{"n": 2, "a": {"d": "y"}}\n'
    run = sync_one(workspace, s3, bucket, spec, "a.jsonl", content, flatten=True)
    assert run.exit_code == 0, run.output
    assert run.query("SELECT n, a_b_c, a_d FROM t ORDER BY n") == [(1, 5, "x"), (2, None, "y")]


def test_numbers_of_json_keep_their_digits(workspace, s3, bucket, spec):
    content = b'{"n": 1, "big": 123456789012345678901234567890, "d": 0.1234567890123456789}\n'
    run = sync_one(workspace, s3, bucket, spec, "a.jsonl", content)
    assert run.exit_code == 0, run.output
    stored = run.rows("t").to_pylist()[0]
    assert stored["big"] == b"123456789012345678901234567890"
    assert stored["d"] == b"0.1234567890123456789"


@pytest.mark.parametrize("options, content", [
    ({"delimiter": ";"}, b"n;t\n1;a,b\n"),
    ({}, b"n;t\n1;a,b\n"),
    ({}, b"n|t\n1|a,b\n"),
    ({"quote": "'"}, b"n,t\n1,'a,b'\n"),
    ({"escape": "\\"}, b'n,t\n1,"a,b"\n'),
    ({"header": False, "column_names": ["id", "t"]}, b'1,"a,b"\n'),
    ({"column_names": ["id", "t"]}, b'x,y\n1,"a,b"\n'),
    ({"skip_rows": 2}, b'made by\n\nn,t\n1,"a,b"\n'),
    ({"comment": "#"}, b'# made by\nn,t\n#,\n1,"a,b"\n'),
    ({"encoding": "latin-1"}, b'n,t\n1,"a,b"\n'),
    ({"encoding": "utf-16"}, 'n,t\n1,"a,b"\n'.encode("utf-16-le")),
    ({}, 'n,t\n1,"a,b"\n'.encode("utf-16")),
    ({}, '\ufeffn,t\n1,"a,b"\n'.encode()),
    ({}, b'n,t\r\n1,"a,b"\r\n'),
    ({}, b'n,t\r1,"a,b"\r'),
    ({}, b'n,t\n1,"a,b"'),
    ({"null_values": ["NA"]}, b'n,t\n1,"a,b"\n'),
])  # fmt: skip
def test_options_of_csv(workspace, s3, bucket, spec, options, content):
    run = sync_one(workspace, s3, bucket, spec, "a.csv", content, csv=options)
    assert run.exit_code == 0, run.output
    first = "id" if "column_names" in options else "n"
    assert run.query(f"SELECT {first}, t FROM t") == [(1, "a,b")]


def test_columns_of_csv_are_matched_by_name(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"t/1.csv": b"n,a\n1,x\n", "t/2.csv": b"b,N\n7,2\n"})
    run = workspace.sync(spec(filetype="csv"))
    assert run.exit_code == 0, run.output
    assert run.query("SELECT n, a, b FROM t ORDER BY n") == [(1, "x", None), (2, None, 7)]


def test_datasets_have_their_own_format(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"raw/a.txt": b"n;t\n1;x\n", "raw/b.parquet": parquet(numbered(0)), "logs/c": b'{"n": 5}\n'})
    datasets = [
        {"table": "texts", "match": "raw/*.txt", "filetype": "csv", "csv": {"delimiter": ";"}},
        {"table": "files", "match": "raw/*.parquet"},
        {"table": "lines", "match": "logs/*", "filetype": "jsonl"},
    ]
    run = workspace.sync(spec(datasets=datasets))
    assert run.exit_code == 0, run.output
    assert run.counts() == {"files": 3, "lines": 1, "texts": 1}
