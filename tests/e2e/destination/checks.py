"""What is checked of each schema and each record before anything is stored."""

import re
from dataclasses import dataclass, field

import pyarrow as pa

from .arrow_types import describe, duckdb_type
from .errors import Violation

TABLE_NAME = b"cq:table_name"
TEXT_KEYS = (b"cq:table_title", b"cq:table_description")
PRIMARY_KEY = b"cq:extension:primary_key"
UNIQUE = b"cq:extension:unique"
CQ_ID = "_cq_id"

# What no destination quotes wrongly. Length and leading digits are the source's own business.
SAFE_TABLE_NAME = re.compile(r"[A-Za-z0-9_]+\Z")

# PostgreSQL cuts longer names, and two columns may then collide.
MAX_COLUMN_NAME_BYTES = 63


@dataclass(frozen=True)
class Column:
    """One column as its table has it; two columns that compare equal are stored alike."""

    name: str
    type: object
    nullable: bool
    primary_key: bool
    unique: bool
    sql_type: str = field(compare=False)


@dataclass(frozen=True)
class Table:
    """A table as a schema describes it."""

    name: str
    columns: tuple
    schema: pa.Schema = field(compare=False)

    @property
    def keys(self):
        return [c.name for c in self.columns if c.primary_key]

    def has(self, name):
        return any(c.name == name for c in self.columns)

    def differences(self, other):
        """What differs in `other`, in words; empty if nothing does."""
        mine, theirs = {c.name: c for c in self.columns}, {c.name: c for c in other.columns}
        found = [f"column {name} is missing" for name in mine if name not in theirs]
        found += [f"column {name} is new" for name in theirs if name not in mine]
        for name in mine.keys() & theirs.keys():
            for what in ("type", "nullable", "primary_key", "unique"):
                was, now = getattr(mine[name], what), getattr(theirs[name], what)
                if was != now:
                    found.append(f"{what} of column {name} is {now}, was {was}")
        if not found and self.columns != other.columns:
            found.append("the order of the columns changed")
        return sorted(found)


def table_of(schema):
    """The table that a schema describes; Violation if some destination would not take it."""
    metadata = schema.metadata or {}
    name = metadata.get(TABLE_NAME, b"").decode()
    if not name:
        raise Violation("a schema has no cq:table_name")
    for key in TEXT_KEYS:
        if key not in metadata:
            raise Violation(f"table {name}: the schema has no {key.decode()}")
    if not SAFE_TABLE_NAME.match(name):
        raise Violation(f"table {name}: not a name that every destination takes")
    _check_column_names(name, schema.names)
    return Table(name, tuple(_column_of(name, f) for f in schema), schema)


def _check_column_names(table, names):
    seen = set()
    for name in names:
        if not name or '"' in name or len(name.encode()) > MAX_COLUMN_NAME_BYTES:
            raise Violation(f"table {table}: column name {name!r} breaks some destinations")
        if name.lower() in seen:
            raise Violation(f"table {table}: more than one column is called {name}, but for case")
        seen.add(name.lower())


def _column_of(table, arrow_field):
    metadata = arrow_field.metadata or {}
    try:
        sql_type = duckdb_type(arrow_field)
    except Violation as violation:
        raise Violation(f"table {table}: column {violation}") from None
    return Column(
        name=arrow_field.name,
        type=describe(arrow_field),
        nullable=arrow_field.nullable,
        primary_key=metadata.get(PRIMARY_KEY) == b"true",
        unique=metadata.get(UNIQUE) == b"true",
        sql_type=sql_type,
    )


def schema_in(message):
    """The schema of a migrate message."""
    try:
        with pa.ipc.open_stream(message) as reader:
            return reader.schema
    except pa.ArrowInvalid as error:
        raise Violation(f"a migrate message is not an Arrow stream: {error}") from None


def record_in(message):
    """The one record batch of an insert message."""
    try:
        with pa.ipc.open_stream(message) as reader:
            batches = list(reader)
    except pa.ArrowInvalid as error:
        raise Violation(f"an insert message is not an Arrow stream: {error}") from None
    if len(batches) != 1:
        raise Violation(f"an insert message holds {len(batches)} record batches, wanted exactly 1")
    return batches[0]


def check_same_table(migrated, record_schema):
    """A record must agree with the migrate message of its table in all that decides how it is stored."""
    differences = migrated.differences(table_of(record_schema))
    if differences:
        raise Violation(
            f"table {migrated.name}: a record differs from the migrate message: {'; '.join(differences)}"
        )


def check_values(table, rows):
    """`rows` is a pyarrow.Table: no broken strings, no null where the column has none."""
    try:
        rows.validate(full=True)
    except pa.ArrowInvalid as error:
        raise Violation(f"table {table.name}: invalid values: {error}") from None
    for column in table.columns:
        nulls = rows.column(column.name).null_count
        if nulls and (not column.nullable or column.name == CQ_ID):
            raise Violation(f"table {table.name}: {nulls} nulls in column {column.name}")
