"""Parquet files of kinds that others write and pyarrow does not."""

import struct

import pyarrow as pa

from harness import parquet_edit as edit
from harness.objects import parquet

FILE_SCHEMA = 2
NODE_TYPE, NODE_REPETITION, NODE_NAME, NODE_CHILDREN, NODE_CONVERTED, NODE_LOGICAL = 1, 3, 4, 5, 6, 10
OPTIONAL, REPEATED = 1, 2
CONVERTED_MAP = 1

DAY_NS = 86_400 * 10**9
JULIAN_DAY_OF_1970 = 2_440_588


def int96_times(moments, start=0, **options):
    """Columns n and at: INT96 times from (day since 1970, nanosecond of the day). pyarrow cannot write such days, so
    it writes others, which are then replaced.
    """
    written = [(10_000 + i, i) for i in range(len(moments))]
    table = pa.table({"n": pa.array(range(start, start + len(moments)), pa.int64()),
                      "at": pa.array([day * DAY_NS + nanos for day, nanos in written], pa.timestamp("ns"))})
    content = parquet(table, use_deprecated_int96_timestamps=True, compression="none", write_statistics=False,
                      **{"use_dictionary": False, **options})
    for before, after in zip(written, moments, strict=True):
        stored = [struct.pack("<qi", nanos, day + JULIAN_DAY_OF_1970) for day, nanos in (before, after)]
        assert content.count(stored[0]) == 1
        content = content.replace(*stored)
    return content


def _name(node):
    return bytes(node[NODE_NAME][1])


def map_with_optional_keys(maps, start=0):
    """Columns n and m: a map of text to int64 from a list of pairs, whose schema does not require keys.

    pyarrow writes such entries as a list of structs, which has the same levels once the node for the struct is taken
    out of the schema.
    """
    entry = pa.struct([("key", pa.string()), ("value", pa.int64())])
    entries = [[{"key": key, "value": value} for key, value in pairs] for pairs in maps]
    table = pa.table({"n": pa.array(range(start, start + len(maps)), pa.int64()),
                      "m": pa.array(entries, pa.list_(pa.field("element", entry, nullable=False)))})

    def change(footer):
        nodes = footer[FILE_SCHEMA][1][1]
        outer = next(i for i, node in enumerate(nodes) if _name(node) == b"m")
        nodes[outer][NODE_CONVERTED] = [edit.I32, CONVERTED_MAP]
        nodes[outer].pop(NODE_LOGICAL, None)
        nodes[outer + 1][NODE_NAME][1] = b"entries"
        nodes[outer + 1][NODE_CHILDREN][1] = 2
        assert _name(nodes.pop(outer + 2)) == b"element"

    return edit.edit_footer(parquet(table, store_schema=False, compression="none"), change)


def with_empty_group(content, name):
    """The same file with one more column: a group of no columns."""

    def change(footer):
        nodes = footer[FILE_SCHEMA][1][1]
        nodes[0][NODE_CHILDREN][1] += 1
        nodes.append({NODE_REPETITION: [edit.I32, OPTIONAL], NODE_NAME: [edit.BINARY, name.encode()],
                      NODE_CHILDREN: [edit.I32, 0]})

    return edit.edit_footer(content, change)


def rows_without_columns(rows):
    """A file of no columns whose row group claims so many rows."""
    root = {NODE_NAME: [edit.BINARY, b"schema"], NODE_CHILDREN: [edit.I32, 0]}
    group = {edit.GROUP_COLUMNS: [edit.LIST, (edit.STRUCT, [])], 2: [edit.I64, 0], edit.GROUP_ROWS: [edit.I64, rows]}
    footer = {1: [edit.I32, 1], FILE_SCHEMA: [edit.LIST, (edit.STRUCT, [root])], edit.FILE_ROWS: [edit.I64, rows],
              edit.FILE_ROW_GROUPS: [edit.LIST, (edit.STRUCT, [group])]}
    return edit.join(b"PAR1", edit.encode(footer))


def nulls_in_one_page(count):
    """One column n of so many nulls: a single page of some bytes, whose levels are one run."""
    content = parquet(pa.table({"n": pa.nulls(1, pa.int32())}), use_dictionary=False, write_statistics=False,
                      compression="none", store_schema=False)
    run = edit.varint(count << 1) + b"\0"
    levels = struct.pack("<I", len(run)) + run
    size = [edit.I32, len(levels)]
    values = {1: [edit.I32, count], 2: [edit.I32, 0], 3: [edit.I32, 3], 4: [edit.I32, 3]}
    page = edit.encode({1: [edit.I32, 0], 2: size, 3: size, edit.PAGE_DATA_HEADER: [edit.STRUCT, values]}) + levels

    def change(footer):
        footer[edit.FILE_ROWS][1] = count
        footer[edit.FILE_ROW_GROUPS][1][1][0][edit.GROUP_ROWS][1] = count
        chunk = edit.column(footer, 0)
        chunk[edit.COLUMN_VALUES][1] = count
        chunk[edit.COLUMN_DATA_OFFSET][1] = 4
        chunk[edit.COLUMN_COMPRESSED_BYTES][1] = len(page)

    return edit.edit_footer(edit.join(b"PAR1" + page, edit.split(content)[1]), change)
