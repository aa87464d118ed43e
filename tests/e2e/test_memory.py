"""A large object must not need large memory."""

import numpy
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from boto3.s3.transfer import TransferConfig

ROWS_A_CHUNK = 1 << 20
CHUNKS = 16
OBJECT_BYTES = 1 << 30
# By memory_limit: the rest is the program itself, its libraries and threads.
MOST_BYTES = {"256MiB": 384 << 20, "64MiB": 200 << 20}


def write_one_row_group(path):
    """At least 1 GiB as one row group; returns the sum of column a.

    The chunks are one and the same memory, so this takes little of it, and they lie too far apart in the
    file for any codec to notice.
    """
    random = numpy.random.default_rng(1)
    letters = random.integers(97, 123, ROWS_A_CHUNK * 34, dtype=numpy.uint8)
    text = pa.StringArray.from_buffers(
        ROWS_A_CHUNK,
        pa.py_buffer(numpy.arange(0, ROWS_A_CHUNK * 34 + 1, 34, dtype=numpy.int32)),
        pa.py_buffer(letters),
    )
    chunk = pa.record_batch({
        "a": random.integers(-(2**40), 2**40, ROWS_A_CHUNK),
        "b": random.integers(-(2**62), 2**62, ROWS_A_CHUNK),
        "c": random.standard_normal(ROWS_A_CHUNK),
        "d": random.standard_normal(ROWS_A_CHUNK),
        "text": text,
    })
    table = pa.Table.from_batches([chunk] * CHUNKS)
    pq.write_table(
        table, path, row_group_size=table.num_rows, use_dictionary=False, compression="snappy",
        write_statistics=False,
    )  # fmt: skip
    return pc.sum(table.column("a")).as_py()


@pytest.mark.memory
@pytest.mark.slow
def test_an_object_of_one_gibibyte_and_one_row_group_stays_within_the_memory_limit(
    workspace, s3, bucket, spec, tmp_path, record_property
):
    path = tmp_path / "large.parquet"
    total = write_one_row_group(path)
    assert path.stat().st_size >= OBJECT_BYTES
    assert pq.read_metadata(path).num_row_groups == 1
    s3.upload_file(str(path), bucket, "large/large.parquet", Config=TransferConfig(max_concurrency=2))
    path.unlink()

    for syncs, (limit, most_bytes) in enumerate(MOST_BYTES.items(), start=1):
        run = workspace.sync(spec(rows_per_record=20000, memory_limit=limit))
        assert run.exit_code == 0, run.output
        record_property(f"peak memory of the plugin, {limit}", f"{run.plugin_peak_bytes / 2**20:.0f} MiB")
        assert run.query('SELECT count(*), sum(a) FROM "large"') == [(ROWS_A_CHUNK * CHUNKS * syncs, total * syncs)]
        assert 0 < run.plugin_peak_bytes < most_bytes
