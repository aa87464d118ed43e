"""Columns of every type, and files that CloudQuery itself wrote."""

import datetime
import decimal
import uuid

import pyarrow as pa
from harness import odd_parquet
from harness.objects import numbered, parquet, put_all

ROWS = 3


def every_type():
    """A value, a null and a value in a column of every type that a Parquet file can hold."""
    moment = datetime.datetime(2024, 2, 29, 12, 34, 56)

    def column(arrow_type, first, last):
        return pa.array([first, None, last], arrow_type)

    ids = [uuid.UUID(int=1).bytes, None, uuid.UUID(int=2**128 - 1).bytes]
    return pa.table({
        "n": pa.array([0, 1, 2], pa.int64()),
        "null": pa.nulls(3),
        "bool": column(pa.bool_(), True, False),
        "uint16": column(pa.uint16(), 0, 65535),
        "uint64": column(pa.uint64(), 0, 2**64 - 1),
        "float16": pa.array([0.5, None, -2.0], pa.float16()),
        "float32": column(pa.float32(), 0.5, -1e30),
        "decimal32": column(pa.decimal32(5, 2), decimal.Decimal("1.50"), decimal.Decimal("-999.99")),
        "decimal128": column(pa.decimal128(38, 10), decimal.Decimal("1.5"), decimal.Decimal("-0.0000000001")),
        "decimal256": column(pa.decimal256(70, 3), decimal.Decimal("1.5"), decimal.Decimal(10**60)),
        "utf8": column(pa.string(), "", "日本"),
        "large_utf8": column(pa.large_string(), "a", "b"),
        "utf8_view": column(pa.string_view(), "short", "longer than twelve bytes"),
        "binary": column(pa.binary(), b"", b"\x00\xff"),
        "large_binary": column(pa.large_binary(), b"a", b"b"),
        "fixed": column(pa.binary(3), b"abc", b"xyz"),
        "date32": column(pa.date32(), datetime.date(1970, 1, 1), datetime.date(9999, 12, 31)),
        "time32_ms": column(pa.time32("ms"), datetime.time(0), datetime.time(23, 59, 59, 999000)),
        "time64_us": column(pa.time64("us"), datetime.time(0), datetime.time(23, 59, 59, 999999)),
        "time64_ns": column(pa.time64("ns"), 1, 86_399_999_999_999),
        "timestamp_s": column(pa.timestamp("s"), moment, moment),
        "timestamp_ms": column(pa.timestamp("ms"), moment, moment),
        "timestamp_us": column(pa.timestamp("us"), moment, moment),
        "timestamp_ns": column(pa.timestamp("ns"), 1, 1_709_251_199_123_456_789),
        "timestamp_zone": column(pa.timestamp("us", "Europe/Paris"), moment, moment),
        "duration": column(pa.duration("us"), datetime.timedelta(seconds=1), datetime.timedelta(days=-1)),
        "list": column(pa.list_(pa.int32()), [1, None], []),
        "large_list": column(pa.large_list(pa.large_string()), ["a"], [None]),
        "fixed_list": column(pa.list_(pa.int16(), 2), [1, 2], [3, None]),
        "list_of_list": column(pa.list_(pa.list_(pa.int32())), [[1], None], []),
        "struct": column(pa.struct([("a", pa.int8()), ("b", pa.large_string())]), {"a": 1, "b": None}, {}),
        "list_of_struct": column(pa.list_(pa.struct([("a", pa.float16())])), [{"a": None}], []),
        "map": column(pa.map_(pa.string(), pa.list_(pa.int8())), [("k", [1])], []),
        "dictionary": pa.array(["x", None, "y"]).dictionary_encode(),
        "dictionary_of_int": pa.array([7, None, 8], pa.int64()).dictionary_encode(),
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array(ids, pa.binary(16))),
        "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": [1, null]}', None, '"text"'])),
    })


# What is stored where it is not what the file holds.
STORED = {
    "null": [None] * 3,
    "time64_ns": ["00:00:00.000000001", None, "23:59:59.999999999"],
    "duration": [1_000_000, None, -86_400_000_000],
    "list_of_list": ["[[1],null]", None, "[]"],
    "uuid": [uuid.UUID(int=1), None, uuid.UUID(int=2**128 - 1)],
    "json": ['{"a": [1, null]}', None, '"text"'],
}


def plain(value):
    """Values as they compare whatever wraps them."""
    if isinstance(value, datetime.datetime) and value.tzinfo:
        return value.astimezone(datetime.timezone.utc)
    if isinstance(value, bytes) and len(value) == 16:
        return uuid.UUID(bytes=value)
    if hasattr(value, "value") and hasattr(value, "isoformat"):
        return value.value
    return value


def column_of(table, name):
    order = sorted(range(ROWS), key=table.column("n").to_pylist().__getitem__)
    values = [table.column(name)[i].as_py() for i in order]
    if name in ("json", "list_of_list"):
        return [v.decode() if isinstance(v, bytes) else v for v in values]
    return [plain(v) for v in values]


def test_a_column_of_every_type_is_stored_twice_without_a_second_migration_and_without_a_lost_row(
    workspace, s3, bucket, spec
):
    written = every_type()
    put_all(s3, bucket, {"t/x.parquet": parquet(written)})
    for _ in range(2):
        run = workspace.sync(spec(), write_mode="overwrite-delete-stale", deterministic_cq_id=True)
        assert run.exit_code == 0, run.output
        stored = run.rows("t")
        assert stored.num_rows == ROWS
        for name in written.column_names:
            expected = STORED.get(name) or [plain(v) for v in written.column(name).to_pylist()]
            assert column_of(stored, name) == expected, name


def test_int96_times_of_any_year_are_stored_to_the_microsecond(workspace, s3, bucket, spec):
    # 9999-12-31 02:00, 0001-01-01, the last nanosecond before 1970, and now.
    moments = [(2_932_896, 7_200 * 10**9), (-719_162, 0), (-1, odd_parquet.DAY_NS - 1), (19_722, 123_456_789)]
    # A table whose oldest object has microseconds takes them, too.
    put_all(s3, bucket, {"t/1.parquet": parquet(pa.table({"n": [100], "at": pa.array([5], pa.timestamp("us"))}))})
    put_all(s3, bucket, {"t/2.parquet": odd_parquet.int96_times(moments),
                         "t/3.parquet": odd_parquet.int96_times(moments, start=10, use_dictionary=True),
                         "t/4.parquet": odd_parquet.int96_times([(2**31 - 1 - 2_440_588, 0)], start=20)})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    stored = dict(run.query("SELECT n, epoch_us(\"at\") FROM t"))
    micros = [(day * odd_parquet.DAY_NS + nanos) // 1000 for day, nanos in moments]
    assert stored == {100: 5, **dict(enumerate(micros)), **dict(enumerate(micros, 10)), 20: None}
    assert len([w for w in run.warnings if "out of range" in w or "null" in w]) == 1, run.warnings


def test_maps_whose_keys_a_file_does_not_require_are_maps(workspace, s3, bucket, spec):
    maps = [[("a", 1), ("b", None)], [], [("c", 3)]]
    put_all(s3, bucket, {"t/1.parquet": odd_parquet.map_with_optional_keys(maps)})
    required = pa.table({"n": [3], "m": pa.array([[("d", 4)]], pa.map_(pa.string(), pa.int64()))})
    put_all(s3, bucket, {"t/2.parquet": parquet(required)})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    rows = sorted(run.rows("t").to_pylist(), key=lambda row: row["n"])
    assert [row["m"] for row in rows] == [*maps, [("d", 4)]]


def test_nested_lists_are_lists_when_the_user_says_so(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"t/x.parquet": parquet(every_type().select(["n", "list_of_list"]))})
    run = workspace.sync(spec(nested_lists="list"))
    assert run.exit_code == 0, run.output
    assert column_of(run.rows("t"), "list_of_list") == [[[1], None], None, []]


def test_invalid_utf8_is_replaced_with_one_warning_for_the_object(workspace, s3, bucket, spec):
    raw = pa.array([b"good", b"bad \xff\xfe bytes", b"\xe6\x97"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    table = pa.table({"n": [0, 1, 2], "text": text})
    put_all(s3, bucket, {"t/x.parquet": parquet(table)})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert column_of(run.rows("t"), "text") == ["good", "bad \ufffd\ufffd bytes", "\ufffd"]
    assert len([w for w in run.warnings if "not UTF-8" in w]) == 1


def test_columns_that_destinations_cannot_tell_apart_are_renamed_with_a_warning(workspace, s3, bucket, spec):
    table = pa.table([pa.array([i]) for i in range(5)], names=["n", "value", "Value", "VALUE", ""])
    put_all(s3, bucket, {"t/x.parquet": parquet(table)})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    names = [name for name in run.rows("t").column_names if not name.startswith("_cq")]
    assert len({name.lower() for name in names}) == 5 and "" not in names
    assert sum("renamed" in w or "sent as" in w for w in run.warnings) >= 3, run.warnings


def written_by_cloudquery(count=5):
    """Rows as an earlier sync into files left them, with the values of that sync."""
    ids = [str(uuid.uuid4()) for _ in range(count)]
    return ids, numbered(0, count=count).append_column(
        "_cq_id", pa.array(ids[:-1] + ["not a uuid"], pa.string())
    ).append_column(
        "_cq_parent_id", pa.array([ids[0]] + [None] * (count - 1), pa.string())
    ).append_column(
        "_cq_sync_time", pa.array([datetime.datetime(2001, 1, 1)] * count, pa.timestamp("us", "UTC"))
    ).append_column(
        "_cq_source_name", pa.array(["an earlier source"] * count)
    ).append_column("_cq_sync_group_id", pa.array(["an earlier group"] * count))


def test_rows_that_cloudquery_wrote_come_back_with_their_ids_and_survive_delete_stale(
    workspace, s3, bucket, spec
):
    ids, table = written_by_cloudquery()
    put_all(s3, bucket, {"t/x.parquet": parquet(table)})
    for _ in range(2):
        run = workspace.sync(spec(), write_mode="overwrite-delete-stale")
        assert run.exit_code == 0, run.output
        rows = sorted(run.rows("t").to_pylist(), key=lambda row: row["n"])
        assert len(rows) == 5
        stored = [str(plain(row["_cq_id"])) for row in rows]
        assert stored[:-1] == ids[:-1]
        assert stored[-1] not in ids and len(set(stored)) == 5
        assert [row["_cq_parent_id"] and str(plain(row["_cq_parent_id"])) for row in rows] == [ids[0]] + [None] * 4
        assert {row["_cq_source_name"] for row in rows} == {"s3"}
        assert all(row["_cq_sync_time"].year > 2001 for row in rows)
        assert "_cq_sync_group_id" not in rows[0]


def test_a_round_trip_through_files_keeps_rows_and_ids(workspace, s3, bucket, spec):
    put_all(s3, bucket, {f"t/{i}.parquet": parquet(numbered(100 * i, count=50)) for i in range(4)})
    first = workspace.sync(spec(path_prefix="t/"), deterministic_cq_id=True)
    assert first.exit_code == 0, first.output
    before = first.rows("t")
    ids = pa.array([str(plain(v)) for v in before.column("_cq_id").to_pylist()])
    stored = before.set_column(before.schema.get_field_index("_cq_id"), "_cq_id", ids)
    put_all(s3, bucket, {"copy/x.parquet": parquet(stored)})
    second = workspace.sync(spec(path_prefix="copy/"), write_mode="overwrite-delete-stale")
    assert second.exit_code == 0, second.output
    after = second.rows("copy")
    pairs = [{n: str(plain(i)) for n, i in zip(t.column("n").to_pylist(), t.column("_cq_id").to_pylist())}
             for t in (before, after)]
    assert len(pairs[0]) == 200 and pairs[0] == pairs[1]
    assert after.num_rows == before.num_rows
