"""Changes what a Parquet file claims about itself: its footer and its page headers, which are structs in Thrift's
compact protocol. A struct is a dict of field number -> [type, value], so that what is not touched is written back as
it was.
"""

import struct

BOOL_TRUE, BOOL_FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)

# Numbers of fields in parquet.thrift.
FILE_ROWS, FILE_ROW_GROUPS = 3, 4
GROUP_COLUMNS, GROUP_ROWS = 1, 3
CHUNK_METADATA = 3
COLUMN_CODEC, COLUMN_VALUES, COLUMN_COMPRESSED_BYTES, COLUMN_DATA_OFFSET = 4, 5, 7, 9
PAGE_UNCOMPRESSED_BYTES, PAGE_DATA_HEADER = 2, 5
DATA_PAGE_VALUES = 1

TRAILER_BYTES = 8


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def integer(self):
        raw = self.varint()
        return raw >> 1 ^ -(raw & 1)

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def value(self, kind):
        if kind in (BOOL_TRUE, BOOL_FALSE):
            return kind == BOOL_TRUE
        if kind == BYTE:
            return self.byte()
        if kind in (I16, I32, I64):
            return self.integer()
        if kind == DOUBLE:
            return self.take(8)
        if kind == BINARY:
            return self.take(self.varint())
        if kind == LIST:
            head = self.byte()
            count = head >> 4 if head >> 4 < 15 else self.varint()
            item = head & 0xF
            # The bools of a list are bytes of their own.
            return item, [self.byte() if item == BOOL_TRUE else self.value(item) for _ in range(count)]
        assert kind == STRUCT, f"Parquet has no fields of Thrift type {kind}"
        return self.struct()

    def struct(self):
        fields, number = {}, 0
        while head := self.byte():
            number = number + (head >> 4) if head >> 4 else self.integer()
            fields[number] = [head & 0xF, self.value(head & 0xF)]
        return fields


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def _integer(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _value(kind, value):
    if kind in (BOOL_TRUE, BOOL_FALSE):
        return b""
    if kind == BYTE:
        return bytes([value])
    if kind in (I16, I32, I64):
        return _integer(value)
    if kind == DOUBLE:
        return value
    if kind == BINARY:
        return varint(len(value)) + value
    if kind == LIST:
        item, values = value
        head = bytes([len(values) << 4 | item]) if len(values) < 15 else bytes([0xF0 | item]) + varint(len(values))
        return head + b"".join(bytes([v]) if item == BOOL_TRUE else _value(item, v) for v in values)
    return encode(value)


def encode(fields):
    out, before = b"", 0
    for number, (kind, value) in sorted(fields.items()):
        step = number - before
        out += bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + _integer(number)
        out += _value(kind, value)
        before = number
    return out + b"\0"


def split(file):
    """What comes before the footer, and the footer."""
    length = struct.unpack("<I", file[-8:-4])[0]
    end = len(file) - TRAILER_BYTES
    return file[: end - length], file[end - length : end]


def join(data, footer):
    return data + footer + struct.pack("<I", len(footer)) + b"PAR1"


def decode(footer):
    return _Reader(footer).struct()


def edit_footer(file, change):
    """`change` gets the footer as a dict."""
    data, footer = split(file)
    fields = decode(footer)
    change(fields)
    return join(data, encode(fields))


def column(footer, number, row_group=0):
    """The metadata of one column chunk."""
    group = footer[FILE_ROW_GROUPS][1][1][row_group]
    return group[GROUP_COLUMNS][1][1][number][CHUNK_METADATA][1]


def edit_page(file, change):
    """Of a file with one row group: `change` gets the header of the first data page of its last column."""
    data, footer = split(file)
    fields = decode(footer)
    chunk = column(fields, -1)
    offset = chunk[COLUMN_DATA_OFFSET][1]
    reader = _Reader(data[offset:])
    header = reader.struct()
    change(header)
    written = encode(header)
    chunk[COLUMN_COMPRESSED_BYTES][1] += len(written) - reader.at
    return join(data[:offset] + written + data[offset + reader.at :], encode(fields))
