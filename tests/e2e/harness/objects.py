"""Objects to put into buckets, and what is expected to become of them."""

import datetime
import decimal
import hashlib
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq

CQ_COLUMNS = ["_cq_sync_time", "_cq_source_name", "_cq_id", "_cq_parent_id"]


def parquet(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def numbered(start, count=3):
    """A small table whose column n tells every row from every other."""
    return pa.table({"n": pa.array(range(start, start + count), pa.int64()),
                     "text": pa.array([f"row {i}" for i in range(start, start + count)], pa.string())})


def put_all(client, bucket, objects):
    """Puts a dict of key -> bytes, many at a time."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda item: client.put_object(Bucket=bucket, Key=item[0], Body=item[1]),
                      objects.items()))


def table_name(key):
    """The rule for table names, written down a second time as a model."""
    folder = key.rsplit("/", 1)[0] if "/" in key else key.rsplit(".", 1)[0]
    name = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9_]", "_", folder)).strip("_")
    if not name:
        return "t_" + _digits(folder)
    return name if len(name) <= 63 else f"{name[:54]}_{_digits(name)}"


def _digits(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def all_kinds(start, count=40):
    """Rows of every kind of column, with nulls in each but n."""
    utc = datetime.timezone.utc
    moment = datetime.datetime(2024, 2, 29, 23, 59, 59, 123456)

    def column(arrow_type, value):
        return pa.array([None if i % 7 == 3 else value(i) for i in range(start, start + count)], arrow_type)

    return pa.table({
        "n": pa.array(range(start, start + count), pa.int64()),
        "i8": column(pa.int8(), lambda i: i % 256 - 128),
        "i16": column(pa.int16(), lambda i: i * 257 % 65536 - 32768),
        "i32": column(pa.int32(), lambda i: -(2**31) + i),
        "i64": column(pa.int64(), lambda i: 2**63 - 1 - i),
        "u8": column(pa.uint8(), lambda i: 255 - i % 256),
        "u32": column(pa.uint32(), lambda i: 2**32 - 1 - i),
        "u64": column(pa.uint64(), lambda i: 2**64 - 1 - i),
        "f32": column(pa.float32(), lambda i: [0.1 * i, float("nan"), -0.0, float("inf")][i % 4]),
        "f64": column(pa.float64(), lambda i: [i / 3, float("-inf"), 5e-324, -0.0][i % 4]),
        "flag": column(pa.bool_(), lambda i: i % 2 == 0),
        "text": column(pa.string(), lambda i: ["", "plain", "日本語 🚀", "it's \"quoted\"\\", "a\0b"][i % 5]),
        "large_text": column(pa.large_string(), lambda i: "x" * (i % 300)),
        "bytes": column(pa.binary(), lambda i: bytes([i % 256, 0, 255])),
        "fixed": column(pa.binary(4), lambda i: i.to_bytes(4, "big")),
        "day": column(pa.date32(), lambda i: datetime.date(1, 1, 1) + datetime.timedelta(days=i * 9000)),
        "ms": column(pa.timestamp("ms"), lambda i: moment.replace(microsecond=123000)),
        "us": column(pa.timestamp("us"), lambda i: moment + datetime.timedelta(days=i)),
        "ns": column(pa.timestamp("ns"), lambda i: 1_709_251_199_123_456_789 + i),
        "us_utc": column(pa.timestamp("us", "UTC"), lambda i: moment.replace(tzinfo=utc)),
        "ns_utc": column(pa.timestamp("ns", "UTC"), lambda i: 1_709_251_199_123_456_789 + i),
        "at": column(pa.time64("us"), lambda i: datetime.time(i % 24, 59, 59, 999999)),
        "at_ms": column(pa.time32("ms"), lambda i: datetime.time(i % 24, 0, 0, 1000)),
        "money": column(pa.decimal128(38, 6), lambda i: decimal.Decimal(f"{10**31 + i}e-6")),
        "cents": column(pa.decimal128(9, 2), lambda i: decimal.Decimal(f"{-i}e-2")),
        "wide": column(pa.decimal256(60, 10), lambda i: decimal.Decimal(f"{10**58 + i}e-10")),
        "tags": column(pa.list_(pa.string()), lambda i: [None, [], ["a", None, ""]][i % 3] or []),
        "readings": column(pa.list_(pa.float64()), lambda i: [i / 2, None]),
        "place": column(
            pa.struct([
                ("city", pa.string()),
                ("at", pa.struct([("lat", pa.float64()), ("tags", pa.list_(pa.int32()))])),
            ]),
            lambda i: {"city": f"city {i}", "at": None if i % 2 else {"lat": i / 7, "tags": [i, None]}},
        ),
        "orders": column(
            pa.list_(pa.struct([("sku", pa.string()), ("price", pa.decimal128(12, 2))])),
            lambda i: [{"sku": f"sku {i}", "price": decimal.Decimal("1.50")}, None],
        ),
        "labels": column(pa.map_(pa.string(), pa.int64()), lambda i: [("k", i), ("null", None)]),
    })


def cells(table, columns=None):
    """A table's rows by n, as values that compare equal only if nothing changed, NaN and -0.0 included."""
    columns = columns or table.column_names
    lists = [[repr(v) for v in table.column(name).to_pylist()] for name in columns]
    order = sorted(range(table.num_rows), key=table.column("n").to_pylist().__getitem__)
    return {name: [values[i] for i in order] for name, values in zip(columns, lists)}


def assert_same_cells(stored, expected):
    """Every cell of `expected`, and no row or column besides (but CloudQuery's own columns)."""
    assert stored.column_names == CQ_COLUMNS + expected.column_names
    assert stored.num_rows == expected.num_rows
    got, wanted = cells(stored, expected.column_names), cells(expected)
    for name in expected.column_names:
        assert got[name] == wanted[name], f"column {name}"
