"""Writes the Parquet seeds: one small file of each kind that the reader tells apart. Run it with the project's
Python (.tools/venv/bin/python) when a kind is missing; the files are in the repository.
"""

import datetime
import decimal
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from harness import odd_parquet

SEEDS = Path(__file__).parent / "seeds" / "parquet"
N = range(6)

plain = pa.table({"n": pa.array(N, pa.int64()), "s": pa.array([f"row {i}" for i in N])})
nulls = pa.table({
    "n": pa.array([None if i % 2 else i for i in N], pa.int32()),
    "b": pa.array([None] * len(N), pa.bool_()),
})
nested = pa.table({
    "list": pa.array([[i, None] for i in N], pa.list_(pa.int32())),
    "lists": pa.array([[[i], None] for i in N], pa.list_(pa.list_(pa.int16()))),
    "struct": pa.array([{"a": i, "b": None} for i in N], pa.struct([("a", pa.int8()), ("b", pa.string())])),
    "map": pa.array([[("k", i)] for i in N], pa.map_(pa.string(), pa.int64())),
})
times = pa.table({
    "ns": pa.array([1_700_000_000_000_000_000 + i for i in N], pa.timestamp("ns", "UTC")),
    "day": pa.array([datetime.date(2024, 1, 1 + i) for i in N]),
    "money": pa.array([decimal.Decimal(i) / 4 for i in N], pa.decimal128(20, 2)),
    "wide": pa.array([decimal.Decimal(i) for i in N], pa.decimal256(60, 3)),
    "half": pa.array([float(i) for i in N], pa.float32()).cast(pa.float16()),
    "fixed": pa.array([bytes([i] * 4) for i in N], pa.binary(4)),
})
repeated = pa.table({"s": pa.array(["same"] * 50 + ["other"] * 50)})

KINDS = {
    "plain": (plain, dict(use_dictionary=False, compression="NONE")),
    "statistics": (plain, dict(write_statistics=True, write_page_index=True)),
    "checksums": (plain, dict(write_page_checksum=True, compression="NONE")),
    "pages_v2": (nulls, dict(data_page_version="2.0")),
    "dictionary": (repeated, dict(use_dictionary=True)),
    "delta": (plain, dict(use_dictionary=False, column_encoding={"n": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY"})),
    "split": (
        pa.table({"f": pa.array([i / 3 for i in N])}),
        dict(use_dictionary=False, column_encoding={"f": "BYTE_STREAM_SPLIT"}),
    ),
    "row_groups": (plain, dict(row_group_size=2)),
    "nested": (nested, {}),
    "times": (times, {}),
    "int96": (times.select(["ns"]), dict(use_deprecated_int96_timestamps=True)),
    "no_rows": (plain.slice(0, 0), {}),
    **{codec.lower(): (repeated, dict(compression=codec, use_dictionary=False))
       for codec in ["SNAPPY", "GZIP", "ZSTD", "LZ4", "BROTLI"]},
}  # fmt: skip

for name, (table, options) in KINDS.items():
    pq.write_table(table, SEEDS / f"{name}.parquet", store_schema=False, **options)

ODD = {
    "int96_far": odd_parquet.int96_times([(2_932_896, 1), (-719_162, 999), (-1, 86_399_999_999_999)]),
    "map_optional_keys": odd_parquet.map_with_optional_keys([[("a", 1), ("b", None)], [], [(None, 2)]]),
    "empty_group": odd_parquet.with_empty_group((SEEDS / "plain.parquet").read_bytes(), "nothing"),
}
for name, content in ODD.items():
    (SEEDS / f"{name}.parquet").write_bytes(content)
