"""The DuckDB file: tables made and filled as the checked schemas say, and read back as Arrow.

Not thread-safe; the plugin holds a lock around every call. Each table's Arrow schema is recorded in
arrow.schemas, which is what a later migration is compared with and what reading back goes by.
"""

import duckdb
import pyarrow as pa

from .arrow_types import from_duckdb, quoted, to_duckdb
from .checks import check_values, table_of
from .errors import Violation

SYNC_TIME = "_cq_sync_time"
SOURCE_NAME = "_cq_source_name"
SAME_KEY = "two rows of one sync have the same key"


class Storage:
    def __init__(self, path, read_only=False):
        self._db = duckdb.connect(path, read_only=read_only)
        self._db.execute("SET TimeZone = 'UTC'")
        # Without it UUIDs come back as text.
        self._db.execute("SET arrow_lossless_conversion = true")
        if not read_only:
            self._db.execute("CREATE SCHEMA IF NOT EXISTS arrow")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS arrow.schemas (name VARCHAR PRIMARY KEY, ipc BLOB NOT NULL)"
            )

    def close(self):
        self._db.close()

    def names(self):
        """The tables there are, sorted."""
        return [n for (n,) in self.query("SELECT name FROM arrow.schemas ORDER BY name")]

    def query(self, sql, *parameters):
        """The rows of a query, as tuples."""
        return self._db.execute(sql, list(parameters)).fetchall()

    def table(self, name):
        """The recorded table, or None."""
        found = self.query("SELECT ipc FROM arrow.schemas WHERE name = ?", name)
        return table_of(pa.ipc.read_schema(pa.py_buffer(found[0][0]))) if found else None

    def migrate(self, table, may_change, force):
        """Makes the table. On an existing one: nothing, or what `may_change` and `force` permit."""
        existing = self.table(table.name)
        if existing is None:
            return self._create(table)
        differences = existing.differences(table)
        if not differences:
            return
        if force:
            self._db.execute(f"DROP TABLE {quoted(table.name)}")
            return self._create(table)
        added = [c for c in table.columns if not existing.has(c.name)]
        only_adds = {c for c in table.columns if c not in added} == set(existing.columns)
        if not may_change or not only_adds or any(not c.nullable or c.primary_key for c in added):
            raise Violation(
                f"table {table.name}: the migration would change the existing table: "
                + "; ".join(differences)
            )
        for column in added:
            self._db.execute(
                f"ALTER TABLE {quoted(table.name)} ADD COLUMN {quoted(column.name)} {column.sql_type}"
            )
        self._record(table)

    def insert(self, table, batches):
        """Stores the batches, all or none: upserts where the table has keys, else plain inserts."""
        rows = pa.Table.from_batches(batches)
        check_values(table, rows)
        self._db.register("incoming", _as_duckdb_takes_it(rows))
        try:
            self._check_keys_are_distinct(table)
            self._db.execute(_insert_statement(table))
        except duckdb.Error as error:
            raise Violation(f"table {table.name}: the rows cannot be stored: {error}") from None
        finally:
            self._db.unregister("incoming")

    def delete_stale(self, name, source_name, sync_time):
        table = self.table(name)
        if table is None or not (table.has(SYNC_TIME) and table.has(SOURCE_NAME)):
            raise Violation(f"table {name}: asked to delete stale rows, but cannot tell which are")
        self._db.execute(
            f"DELETE FROM {quoted(name)} WHERE {SOURCE_NAME} = ? AND {SYNC_TIME} < ?::TIMESTAMPTZ",
            [source_name, sync_time.isoformat()],
        )

    def read(self, name):
        """All rows, in no certain order, as a pyarrow.Table of the recorded Arrow schema."""
        schema = self.table(name).schema
        columns = ", ".join(quoted(n) for n in schema.names)
        stored = self._db.sql(f"SELECT {columns} FROM {quoted(name)}").to_arrow_table()
        return pa.Table.from_arrays(
            [
                pa.chunked_array([from_duckdb(c, f) for c in column.chunks], type=f.type)
                for column, f in zip(stored.columns, schema)
            ],
            schema=schema,
        )

    def _check_keys_are_distinct(self, table):
        """DuckDB would keep the last of several incoming rows that share a key, without a word."""
        if not table.keys:
            return
        keys = ", ".join(map(quoted, table.keys))
        if self.query(f"SELECT 1 FROM incoming GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"):
            raise Violation(f"table {table.name}: {SAME_KEY}")

    def _create(self, table):
        keys = table.keys
        parts = [
            f"{quoted(c.name)} {c.sql_type}"
            + ("" if c.nullable else " NOT NULL")
            # A key of its own is unique already, and DuckDB upserts by one constraint only.
            + (" UNIQUE" if c.unique and keys != [c.name] else "")
            for c in table.columns
        ]
        if keys:
            parts.append(f"PRIMARY KEY ({', '.join(map(quoted, keys))})")
        # Both or none, also when the process is killed in between.
        self._db.begin()
        self._db.execute(f"CREATE TABLE {quoted(table.name)} ({', '.join(parts)})")
        self._record(table)
        self._db.commit()

    def _record(self, table):
        ipc = table.schema.serialize().to_pybytes()
        self._db.execute("INSERT OR REPLACE INTO arrow.schemas VALUES (?, ?)", [table.name, ipc])


def _as_duckdb_takes_it(rows):
    columns = [
        pa.chunked_array([to_duckdb(chunk, f) for chunk in column.chunks])
        for column, f in zip(rows.columns, rows.schema)
    ]
    return pa.table(columns, names=rows.schema.names)


def _insert_statement(table):
    name = quoted(table.name)
    columns = ", ".join(quoted(c.name) for c in table.columns)
    statement = f"INSERT INTO {name} ({columns}) SELECT {columns} FROM incoming"
    if not table.keys:
        return statement
    updates = ", ".join(
        f"{quoted(c.name)} = {_new_value(name, c.name)}"
        for c in table.columns
        if not c.primary_key
    )
    action = f"UPDATE SET {updates}" if updates else "NOTHING"
    return f"{statement} ON CONFLICT ({', '.join(map(quoted, table.keys))}) DO {action}"


def _new_value(table, column):
    """A row that replaces one of the same sync means that two rows share a key: one would be lost."""
    if column != SYNC_TIME:
        return f"excluded.{quoted(column)}"
    return (
        f"CASE WHEN {table}.{SYNC_TIME} >= excluded.{SYNC_TIME} "
        f"THEN error('{SAME_KEY}') ELSE excluded.{SYNC_TIME} END"
    )
