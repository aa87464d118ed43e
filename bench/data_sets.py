"""The data that speed is measured on: made here, the same at every run."""

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.json as pj
import pyarrow.parquet as pq


@dataclass(frozen=True)
class DataSet:
    name: str
    objects: int
    rows_per_object: int
    make: Callable  # (random, rows) -> pyarrow.Table
    tables: int = 1
    row_group_rows: int = 1 << 20
    filetype: str = "parquet"
    compression: str = ""  # of text: "gz" or "zst"

    @property
    def rows(self):
        return self.objects * self.rows_per_object

    def keys(self):
        ending = self.filetype + (f".{self.compression}" if self.compression else "")
        return [f"table_{i % self.tables}/part-{i:05}.{ending}" for i in range(self.objects)]

    def content(self, index):
        sink = io.BytesIO()
        table = self.make(numpy.random.default_rng(index), self.rows_per_object)
        if self.filetype == "parquet":
            pq.write_table(table, sink, row_group_size=self.row_group_rows, compression="snappy")
        elif self.filetype == "csv":
            pc.write_csv(table, sink)
        else:
            for batch in table.to_batches(max_chunksize=100_000):
                batch.to_pandas().to_json(sink, orient="records", lines=True, date_format="iso", date_unit="us")
        return compress(sink.getvalue(), self.compression)

    def decode(self, body):
        """Arrow's own reader, on one thread."""
        if self.filetype == "parquet":
            for _ in pq.ParquetFile(io.BytesIO(body)).iter_batches(batch_size=65536, use_threads=False):
                pass
        elif self.filetype == "csv":
            pc.read_csv(io.BytesIO(body), read_options=pc.ReadOptions(use_threads=False))
        else:
            pj.read_json(io.BytesIO(body), read_options=pj.ReadOptions(use_threads=False, block_size=4 << 20))


def compress(content, compression):
    if compression == "gz":
        return gzip.compress(content, compresslevel=6)
    return pa.Codec("zstd").compress(content, asbytes=True) if compression == "zst" else content


def text_sets():
    for filetype, name in [("csv", "CSV"), ("jsonl", "JSON")]:
        for make, kind, rows in [(narrow, "narrow", 1_000_000), (wide, "wide", 100_000)]:
            for compression in ["", "gz", "zst"]:
                yield DataSet(f"{name} {kind} {compression}".strip(), objects=2, rows_per_object=rows, make=make,
                              filetype=filetype, compression=compression)  # fmt: skip


def narrow(random, rows):
    return pa.table({
        "id": numpy.arange(rows),
        "amount": random.standard_normal(rows),
        "count": random.integers(0, 1000, rows),
        "at": pa.array(random.integers(1_600_000_000_000_000, 1_700_000_000_000_000, rows), pa.timestamp("us", "UTC")),
        "kind": pa.array(numpy.array(["red", "green", "blue", "yellow"])[random.integers(0, 4, rows)]),
    })


def wide(random, rows):
    columns = {}
    for i in range(16):
        columns[f"number_{i}"] = random.integers(0, 10 ** (i % 9 + 1), rows)
    for i in range(12):
        columns[f"real_{i}"] = random.standard_normal(rows)
    words = numpy.array([f"word {i}" for i in range(5000)])
    for i in range(12):
        columns[f"text_{i}"] = pa.array(words[random.integers(0, 5000, rows)])
    return pa.table(columns)


DATA_SETS = [
    DataSet("narrow", objects=4, rows_per_object=3_700_000, make=narrow),
    DataSet("wide", objects=8, rows_per_object=240_000, make=wide, row_group_rows=80_000),
    DataSet("many small", objects=2000, rows_per_object=2_500, make=narrow, tables=10),
    DataSet("50 tables", objects=50, rows_per_object=40_000, make=narrow, tables=50),
    DataSet("one row group", objects=1, rows_per_object=14_000_000, make=narrow, row_group_rows=1 << 30),
    *text_sets(),
]
