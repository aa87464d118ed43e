"""Files that are not what they claim to be. Each test puts one bad file among good ones, syncs with the real CLI and
counts the rows in the destination: those of the good files are all there, and the log says which file was left out
and why.
"""

import random
import struct

import pyarrow as pa
import pytest
from harness import odd_parquet
from harness import parquet_edit as edit
from harness.objects import numbered, parquet, put_all
from harness.state import numbers

GOOD_ROWS = list(range(40))
BAD = "t/bad.parquet"

PLAIN = {"compression": "NONE", "use_dictionary": False, "write_statistics": False}


@pytest.fixture
def sync(workspace, s3, bucket, spec):
    """Syncs a bad file, the oldest of its table, and good ones."""

    def sync_with(content, good=numbered, **options):
        put_all(s3, bucket, {BAD: content})
        put_all(s3, bucket, {f"t/good-{i}.parquet": parquet(good(10 * i, 10)) for i in range(4)})
        return workspace.sync(spec(**options))

    return sync_with


def bad_file(**options):
    return parquet(numbered(1000, 100), **options)


def lines_about_it(run, level):
    return [line for line in run.log if line["level"] == level and line.get("key") == BAD]


def assert_left_out(run, reason, *words):
    """A warning, and the rows of all the others; where some of its own were sent before, the warning says so."""
    assert run.exit_code == 0, run.output
    stored = numbers(run, "t")
    assert stored[: len(GOOD_ROWS)] == GOOD_ROWS
    (warning,) = lines_about_it(run, "warn")
    assert warning["reason"] == reason
    for word in words:
        assert word in warning["message"]
    sent_before = len(stored) - len(GOOD_ROWS)
    assert (f"; {sent_before} rows of it were sent before" in warning["message"]) == (sent_before > 0)


def test_bad_magic(sync):
    assert_left_out(sync(bad_file()[:-4] + b"PAR2"), "corrupt", "does not end in PAR1")


def test_file_of_another_format(sync):
    assert_left_out(sync(b"n,text\n" + b"1,row\n" * 1000), "corrupt", "not a Parquet object")


def test_empty_file(sync):
    assert_left_out(sync(b""), "corrupt", "0 bytes are too few")


def test_file_cut_off(sync):
    whole = bad_file()
    assert_left_out(sync(whole[: len(whole) // 2]), "corrupt", "does not end in PAR1")


def test_truncated_footer(sync):
    whole = bad_file()
    assert_left_out(sync(whole[:-100] + whole[-8:]), "corrupt", "footer: ")


@pytest.mark.parametrize("length", [0, 100_000, 2**31 - 1, 2**32 - 1])
def test_footer_length_that_cannot_be(sync, length):
    whole = bad_file()
    assert_left_out(sync(whole[:-8] + struct.pack("<I", length) + whole[-4:]), "corrupt", "a footer of")


# 2^31 - 1 as Thrift writes it.
MOST = b"\xff\xff\xff\xff\x07"


@pytest.mark.parametrize("honest, hostile", [(b"\x19\x3c", b"\x19\xfc" + MOST), (b"\x18\x01n", b"\x18" + MOST + b"n")],
                         ids=["list", "string"])
def test_thrift_size_beyond_the_footer(sync, honest, hostile):
    data, footer = edit.split(bad_file())
    assert honest in footer
    assert_left_out(sync(edit.join(data, footer.replace(honest, hostile, 1))), "corrupt", "footer: ")


def test_wrong_page_checksum(sync):
    whole = bytearray(bad_file(write_page_checksum=True, **PLAIN))
    whole[whole.index(struct.pack("<q", 1050))] ^= 0x01
    assert_left_out(sync(bytes(whole)), "corrupt", "row group 0, column n: ", "CRC checksum verification failed")


def test_columns_of_unequal_length_by_the_footer(sync):
    def claim(footer):
        edit.column(footer, 1)[edit.COLUMN_VALUES][1] = 60

    assert_left_out(sync(edit.edit_footer(bad_file(), claim)), "corrupt", "column text: has 60 values for 100 rows")


def test_columns_of_unequal_length_by_their_pages(sync):
    # A column of 60 values behind the one of 100, under a footer that says 100 of both.
    data, footer = edit.split(bad_file(**PLAIN))
    shorter, shorter_footer = edit.split(parquet(numbered(1000, 60), **PLAIN))
    begin = edit.column(edit.decode(shorter_footer), 1)[edit.COLUMN_DATA_OFFSET][1]

    def claim(fields):
        edit.column(fields, 1)[edit.COLUMN_DATA_OFFSET][1] = len(data)
        edit.column(fields, 1)[edit.COLUMN_COMPRESSED_BYTES][1] = len(shorter) - begin

    whole = edit.edit_footer(edit.join(data + shorter[begin:], footer), claim)
    assert_left_out(sync(whole), "corrupt", "row group 0, column text: ")


def claiming_rows(rows):
    def claim(footer):
        footer[edit.FILE_ROWS][1] = rows
        footer[edit.FILE_ROW_GROUPS][1][1][0][edit.GROUP_ROWS][1] = rows
        for number in range(2):
            edit.column(footer, number)[edit.COLUMN_VALUES][1] = rows

    return edit.edit_footer(bad_file(), claim)


def test_more_rows_than_the_data_has(sync):
    assert_left_out(sync(claiming_rows(200)), "corrupt", "row group 0, column n: ")


def test_more_rows_than_anything_could_hold(sync):
    assert_left_out(sync(claiming_rows(2**63 - 1)), "corrupt", "row group 0, column n: ", "rows cannot be stored in")


def test_page_of_more_values_than_it_has(sync):
    def claim(page):
        page[edit.PAGE_DATA_HEADER][1][edit.DATA_PAGE_VALUES][1] = 2**31 - 1

    assert_left_out(sync(edit.edit_page(bad_file(**PLAIN), claim)), "corrupt", "row group 0, column text: ")


@pytest.mark.parametrize("rows", [1, 2**40, 2**60])
def test_rows_without_any_column(sync, rows):
    assert_left_out(sync(odd_parquet.rows_without_columns(rows)), "corrupt", f"{rows} rows, but no column")


def test_map_entry_without_a_key(sync):
    def maps(start, count):
        return numbered(start, count).append_column("m", pa.array([[("k", 1)]] * count, pa.map_(pa.string(), pa.int64())))

    content = odd_parquet.map_with_optional_keys([[("a", 1)], [(None, 2)]], start=1000)
    assert_left_out(sync(content, lambda *rows: maps(*rows).drop_columns("text")), "unsupported", "column m: ",
                    "without a key")


def assert_all_read(run, *words):
    """All rows of all files, and a warning that has the words."""
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == GOOD_ROWS + list(range(1000, 1100))
    assert any(all(word in warning for word in words) for warning in run.warnings), run.warnings


@pytest.mark.parametrize("rows", [0, 99, 2**62])
def test_another_number_of_rows_in_the_footer_than_in_its_row_groups(sync, rows):
    def claim(footer):
        footer[edit.FILE_ROWS][1] = rows

    assert_all_read(sync(edit.edit_footer(bad_file(), claim)), BAD, "number of rows")


@pytest.mark.parametrize("name", ["nothing", "größe"])
def test_group_without_any_column(sync, name):
    assert_all_read(sync(odd_parquet.with_empty_group(bad_file(), name)), BAD, name, "a group without any column")


def test_group_without_any_column_in_a_later_file(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"t/1.parquet": parquet(numbered(0, 10))})
    put_all(s3, bucket, {"t/2.parquet": odd_parquet.with_empty_group(parquet(numbered(10, 10)), "nothing")})
    run = workspace.sync(spec())
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == list(range(20))


@pytest.mark.parametrize("codec", [3, 77], ids=["LZO", "unknown"])
def test_codec_that_is_not_known(sync, codec):
    def claim(footer):
        edit.column(footer, 0)[edit.COLUMN_CODEC][1] = codec

    assert_left_out(sync(edit.edit_footer(bad_file(), claim)), "unsupported", "column n: ", "unsupported codec")


def test_encrypted_file(sync):
    assert_left_out(sync(b"PARE" + bad_file()[4:-4] + b"PARE"), "unsupported", "the footer is encrypted")


def assert_within_memory(run, record_property):
    """As in test_memory.py: the limit of 64 MiB, and the program itself."""
    record_property("peak memory of the plugin, 64MiB", f"{run.plugin_peak_bytes / 2**20:.0f} MiB")
    assert 0 < run.plugin_peak_bytes < 200 << 20


@pytest.mark.memory
def test_page_that_claims_far_more_than_its_column(sync, record_property):
    def claim(page):
        page[edit.PAGE_UNCOMPRESSED_BYTES][1] = 2**31 - 1

    whole = edit.edit_page(bad_file(compression="zstd", use_dictionary=False), claim)
    run = sync(whole, memory_limit="64MiB")
    assert_left_out(run, "corrupt", "a page claims 214748", "far more than the footer gives to its column")
    assert_within_memory(run, record_property)


@pytest.mark.memory
def test_footer_of_a_million_column_chunks_in_three_bytes_each(sync, record_property):
    def claim(footer):
        empty_chunk = {2: [edit.I64, 0]}
        footer[edit.FILE_ROW_GROUPS][1][1][0][edit.GROUP_COLUMNS][1] = [edit.STRUCT, [empty_chunk] * 1_000_000]

    run = sync(edit.edit_footer(bad_file(), claim), memory_limit="64MiB")
    assert_left_out(run, "corrupt", "footer: its lists are out of all proportion to its size")
    assert_within_memory(run, record_property)


def zeros():
    """Half a gibibyte of them."""
    return pa.Array.from_buffers(pa.int64(), 1 << 26, [None, pa.py_buffer(bytes(1 << 29))])


def numbers_only(start, count):
    return numbered(start, count).select(["n"])


def numbers_and_lists(start, count):
    lists = pa.array([[i] for i in range(count)], pa.list_(pa.int64()))
    return numbers_only(start, count).append_column("items", lists)


def page_of_half_a_gibibyte():
    return parquet(pa.table({"n": zeros()}), row_group_size=1 << 26, compression="zstd", use_dictionary=False,
                   data_page_size=1 << 29, max_rows_per_page=1 << 26, write_batch_size=1 << 26, write_statistics=False)


def row_of_half_a_gibibyte():
    items = pa.ListArray.from_arrays(pa.array([0, 1 << 26], pa.int32()), zeros())
    return parquet(pa.table({"n": pa.array([1000], pa.int64()), "items": items}))


@pytest.mark.memory
@pytest.mark.parametrize("bomb, good", [(page_of_half_a_gibibyte, numbers_only),
                                        (row_of_half_a_gibibyte, numbers_and_lists)])
def test_half_a_gibibyte_in_some_kib(sync, bomb, good, record_property):
    content = bomb()
    assert len(content) < 64 << 10
    run = sync(content, good, memory_limit="64MiB")
    assert_left_out(run, "corrupt", "memory_limit allows no more")
    assert_within_memory(run, record_property)


@pytest.mark.memory
def test_row_that_is_larger_than_the_memory_limit_fails_the_sync(sync, record_property):
    # It is no bomb, and more memory would read it: its rows must not be missed in silence.
    row = numbers_only(1000, 1).append_column("text", pa.array([random.Random(1).randbytes(24 << 20).hex()]))
    run = sync(parquet(row), memory_limit="64MiB")
    assert run.exit_code != 0
    (error,) = lines_about_it(run, "error")
    assert error["reason"] == "limit"
    assert "memory_limit allows no more" in error["message"]
    assert BAD in run.output
    assert_within_memory(run, record_property)


@pytest.mark.memory
def test_rows_far_larger_than_the_file_lets_expect_are_read_fewer_at_a_time(sync, record_property):
    # A dictionary of one string: the batch that the footer lets expect would have 200 MB.
    rows = pa.table({"n": pa.array(range(1000, 11_000), pa.int64()), "text": pa.array(["x" * 20_000] * 10_000)})
    run = sync(parquet(rows), memory_limit="64MiB")
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == GOOD_ROWS + list(range(1000, 11_000))
    assert run.query("SELECT min(length(text)) FROM t WHERE n >= 1000") == [(20_000,)]
    assert_within_memory(run, record_property)
