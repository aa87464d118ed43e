"""How each Arrow type that a source may send is kept in DuckDB, and read back unchanged.

Extension types are looked at as they travel: a storage type whose field metadata names the
extension. That is why the extension types the SDK registers with pyarrow are taken out here.
"""

import pyarrow as pa

# Importing the SDK's types registers them, which would hide what really came over the wire.
from cloudquery.sdk import types as _sdk_types  # noqa: F401

from .errors import Violation

for _name in ("uuid", "json"):
    pa.unregister_extension_type(_name)

EXTENSION_NAME = b"ARROW:extension:name"
EXTENSION_METADATA = b"ARROW:extension:metadata"

# Extension name -> (its metadata, its storage type, what DuckDB is handed, the DuckDB type).
EXTENSIONS = {
    b"uuid": (b"uuid-serialized", pa.binary(16), pa.uuid(), "UUID"),
    b"json": (b"json-serialized", pa.binary(), pa.string(), "JSON"),
}

# Arrow type -> (what DuckDB is handed, the DuckDB type). DuckDB has no nanoseconds with a zone; they
# are kept as UTC without one, and the recorded Arrow schema gives the zone back.
PLAIN = {
    pa.bool_(): (pa.bool_(), "BOOLEAN"),
    pa.int8(): (pa.int8(), "TINYINT"),
    pa.int16(): (pa.int16(), "SMALLINT"),
    pa.int32(): (pa.int32(), "INTEGER"),
    pa.int64(): (pa.int64(), "BIGINT"),
    pa.uint8(): (pa.uint8(), "UTINYINT"),
    pa.uint16(): (pa.uint16(), "USMALLINT"),
    pa.uint32(): (pa.uint32(), "UINTEGER"),
    pa.uint64(): (pa.uint64(), "UBIGINT"),
    pa.float32(): (pa.float32(), "FLOAT"),
    pa.float64(): (pa.float64(), "DOUBLE"),
    pa.string(): (pa.string(), "VARCHAR"),
    pa.binary(): (pa.binary(), "BLOB"),
    pa.date32(): (pa.date32(), "DATE"),
    pa.time32("ms"): (pa.time64("us"), "TIME"),
    pa.time64("us"): (pa.time64("us"), "TIME"),
    pa.timestamp("ms"): (pa.timestamp("ms"), "TIMESTAMP_MS"),
    pa.timestamp("us"): (pa.timestamp("us"), "TIMESTAMP"),
    pa.timestamp("ns"): (pa.timestamp("ns"), "TIMESTAMP_NS"),
    pa.timestamp("ms", "UTC"): (pa.timestamp("us", "UTC"), "TIMESTAMPTZ"),
    pa.timestamp("us", "UTC"): (pa.timestamp("us", "UTC"), "TIMESTAMPTZ"),
    pa.timestamp("ns", "UTC"): (pa.timestamp("ns"), "TIMESTAMP_NS"),
}

# The most digits a DuckDB DECIMAL holds; wider ones are kept as their exact text.
MAX_DECIMAL_DIGITS = 38


def extension_name(field):
    return (field.metadata or {}).get(EXTENSION_NAME)


def describe(field):
    """All of a field's type that has to stay the same, as a value that can be compared and printed."""
    name = extension_name(field)
    label = name.decode() if name else str(field.type)
    children = tuple(
        (child.name, describe(child), child.nullable) for child in children_of(field.type)
    )
    return (label, children) if children else label


def children_of(arrow_type):
    if pa.types.is_map(arrow_type):
        return [arrow_type.key_field, arrow_type.item_field]
    return [arrow_type.field(i) for i in range(arrow_type.num_fields)]


def duckdb_type(field, path=""):
    """The DuckDB type of a field; Violation if the type is not one that every destination keeps."""
    path = path or field.name
    arrow_type = field.type
    if extension_name(field) is not None:
        return _extension_of(field, path)[3]
    if arrow_type in PLAIN:
        return PLAIN[arrow_type][1]
    if pa.types.is_fixed_size_binary(arrow_type):
        return "BLOB"
    if _is_safe_decimal(arrow_type):
        return _decimal_type(arrow_type)
    if pa.types.is_list(arrow_type):
        return duckdb_type(arrow_type.value_field, f"{path}[]") + "[]"
    if pa.types.is_map(arrow_type):
        key, item = (duckdb_type(f, f"{path}.{f.name}") for f in children_of(arrow_type))
        return f"MAP({key}, {item})"
    if pa.types.is_struct(arrow_type) and arrow_type.num_fields > 0:
        members = (
            f"{quoted(f.name)} {duckdb_type(f, f'{path}.{f.name}')}" for f in children_of(arrow_type)
        )
        return f"STRUCT({', '.join(members)})"
    raise Violation(f"{path}: type {arrow_type} is lost or refused by some destinations")


def _extension_of(field, path):
    name = extension_name(field)
    rule = EXTENSIONS.get(name)
    if rule is None:
        raise Violation(f"{path}: extension type {name.decode(errors='replace')!r} is not understood")
    if field.metadata.get(EXTENSION_METADATA) != rule[0] or field.type != rule[1]:
        raise Violation(
            f"{path}: extension type {name.decode()!r} on {field.type} with metadata "
            f"{field.metadata.get(EXTENSION_METADATA)!r}, wanted {rule[1]} with {rule[0]!r}"
        )
    return rule


def _is_safe_decimal(arrow_type):
    is_wide = pa.types.is_decimal128(arrow_type) or pa.types.is_decimal256(arrow_type)
    return is_wide and arrow_type.scale >= 0


def _decimal_type(arrow_type):
    if arrow_type.precision > MAX_DECIMAL_DIGITS:
        return "VARCHAR"
    return f"DECIMAL({arrow_type.precision}, {arrow_type.scale})"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def to_duckdb(array, field):
    """The array as DuckDB takes it: same values, types that DuckDB imports without loss."""
    arrow_type = field.type
    name = extension_name(field)
    if name == b"uuid":
        return pa.ExtensionArray.from_storage(pa.uuid(), array)
    if name == b"json":
        return array.cast(pa.string())
    if arrow_type in PLAIN:
        return array.cast(PLAIN[arrow_type][0])
    if pa.types.is_decimal256(arrow_type):
        if arrow_type.precision > MAX_DECIMAL_DIGITS:
            return array.cast(pa.string())
        return array.cast(pa.decimal128(arrow_type.precision, arrow_type.scale))
    if pa.types.is_nested(arrow_type):
        return _rebuilt(array, arrow_type, to_duckdb)
    return array


def from_duckdb(array, field):
    """Undoes to_duckdb: an array of exactly the field's storage type."""
    arrow_type = field.type
    name = extension_name(field)
    if name == b"uuid":
        return array.storage
    if name == b"json":
        return getattr(array, "storage", array).cast(pa.binary())
    if pa.types.is_nested(arrow_type):
        return _rebuilt(array, arrow_type, from_duckdb)
    return array.cast(arrow_type)


def _rebuilt(array, arrow_type, convert):
    """The nested array with each of its children converted."""
    if array.offset:
        # pyarrow cannot rebuild a slice; concatenating copies it to an array of its own.
        array = pa.concat_arrays([array.slice(0, 0), array])
    nulls = array.is_null()
    if pa.types.is_map(arrow_type):
        key, item = arrow_type.key_field, arrow_type.item_field
        keys, items = convert(array.keys, key), convert(array.items, item)
        return pa.MapArray.from_arrays(
            array.offsets,
            keys,
            items,
            type=pa.map_(key.with_type(keys.type), item.with_type(items.type)),
            mask=nulls,
        )
    if pa.types.is_list(arrow_type):
        values = convert(array.values, arrow_type.value_field)
        child = arrow_type.value_field.with_type(values.type)
        return pa.ListArray.from_arrays(array.offsets, values, type=pa.list_(child), mask=nulls)
    members = [convert(array.field(i), arrow_type.field(i)) for i in range(arrow_type.num_fields)]
    fields = [arrow_type.field(i).with_type(members[i].type) for i in range(arrow_type.num_fields)]
    return pa.StructArray.from_arrays(members, fields=fields, mask=nulls)
