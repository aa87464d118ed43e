"""The destination's side of the protocol: Init, Write, Read and Close over a Storage."""

import datetime
import json
import os
import threading

import grpc
import pyarrow as pa
from cloudquery.discovery_v1 import discovery_pb2_grpc
from cloudquery.plugin_v3 import arrow, plugin_pb2, plugin_pb2_grpc
from cloudquery.sdk.internal.servers.discovery_v1.discovery import DiscoveryServicer
from cloudquery.sdk.internal.servers.plugin_v3 import PluginServicer
from cloudquery.sdk.plugin import Plugin

from .checks import check_same_table, record_in, schema_in, table_of
from .errors import Violation
from .log import JsonLog
from .storage import Storage

NAME = "duckdb"
VERSION = "v1.0.0"

# Rows wait in memory until they weigh this much, since DuckDB is slow at many small inserts.
FLUSH_BYTES = 64 << 20

# The one kind of table that plugins migrate on a stream of its own, as CloudQuery's own SDK does.
STATE_COLUMNS = ("key", "value", "version")


class DuckDbDestination(Plugin):
    """Holds the open file. Safe to call from several threads: `lock` guards the storage."""

    def __init__(self):
        super().__init__(NAME, VERSION)
        self.lock = threading.Lock()
        self.reading = threading.Lock()
        self.storage = None
        self.allow_migration = False
        self.batch_per_table = False
        self.die_after = None

    def count_message(self):
        if self.die_after is None:
            return
        self.die_after -= 1
        if self.die_after < 0:
            # With a status that the CLI does not report as a failure of its own.
            os._exit(0)

    def init(self, spec, no_connection=False):
        options = json.loads(spec)
        unknown = options.keys() - {"path", "allow_migration", "batch_per_table", "die_after"}
        if unknown or not options.get("path"):
            raise Violation(f"the spec needs path; unknown keys: {sorted(unknown)}")
        self.allow_migration = options.get("allow_migration", False)
        # As the SDK's batch writer: a migration stores the waiting rows of its own table only.
        self.batch_per_table = options.get("batch_per_table", False)
        # Dies when it has got so many messages to write.
        self.die_after = options.get("die_after")
        if not no_connection:
            self.close()
            self.storage = Storage(options["path"])

    def close(self):
        with self.lock:
            if self.storage:
                self.storage.close()
            self.storage = None


class WriteStream:
    """One Write stream: knows the tables migrated on it and holds the rows that are not stored yet."""

    def __init__(self, plugin):
        self._plugin = plugin
        self._tables = {}
        self._agreed_schemas = {}
        self._pending = {}
        self._pending_bytes = 0

    def handle(self, message):
        self._plugin.count_message()
        kind = message.WhichOneof("message")
        if kind == "migrate_table":
            self._migrate(message.migrate_table)
        elif kind == "insert":
            self._insert(message.insert.record)
        elif kind == "delete":
            self._delete_stale(message.delete)
        else:
            raise Violation(f"a write message of kind {kind} is not supported")

    def flush(self, only=None):
        """Stores the rows that wait, those of one table or all."""
        stored = {name: b for name, b in self._pending.items() if only in (None, name)}
        with self._plugin.lock:
            for name, batches in stored.items():
                self._plugin.storage.insert(self._tables[name], batches)
        for name, batches in stored.items():
            del self._pending[name]
            self._pending_bytes -= sum(batch.nbytes for batch in batches)

    def _migrate(self, message):
        table = table_of(schema_in(message.table))
        self.flush(only=table.name if self._plugin.batch_per_table else None)
        with self._plugin.lock:
            self._plugin.storage.migrate(
                table, may_change=self._plugin.allow_migration, force=message.migrate_force
            )
        self._tables[table.name] = table
        self._agreed_schemas.clear()

    def _insert(self, message):
        record = record_in(message)
        table = self._table_for(record.schema)
        self._pending.setdefault(table.name, []).append(record)
        self._pending_bytes += record.nbytes
        if self._pending_bytes >= FLUSH_BYTES:
            self.flush()

    def _table_for(self, schema):
        """The migrated table a record belongs to; each distinct schema is compared only once."""
        ipc = schema.serialize().to_pybytes()
        name = self._agreed_schemas.get(ipc)
        if name is None:
            name = table_of(schema).name
            if name not in self._tables:
                self._tables[name] = self._state_table(name)
            check_same_table(self._tables[name], schema)
            self._agreed_schemas[ipc] = name
        return self._tables[name]

    def _state_table(self, name):
        """A table that was not migrated on this stream; only one for state may be filled so."""
        with self._plugin.lock:
            stored = self._plugin.storage.table(name)
        if stored is None or tuple(c.name for c in stored.columns) != STATE_COLUMNS:
            raise Violation(f"table {name}: an insert came before its migrate message")
        return stored

    def _delete_stale(self, message):
        self.flush()
        sync_time = message.sync_time.ToDatetime(datetime.timezone.utc)
        with self._plugin.lock:
            self._plugin.storage.delete_stale(message.table_name, message.source_name, sync_time)


class StrictServicer(PluginServicer):
    """The SDK's service, but Write and Read see the bytes as they came and failures are statuses."""

    def Init(self, request, context):
        try:
            return super().Init(request, context)
        except Exception as error:  # noqa: BLE001, every failure becomes a status
            self._fail(context, grpc.StatusCode.INVALID_ARGUMENT, error)

    def Write(self, request_iterator, context):
        stream = WriteStream(self._plugin)
        try:
            for message in request_iterator:
                stream.handle(message)
            if context.is_active():
                stream.flush()
        except grpc.RpcError:
            # The CLI gave up; rows that are not stored yet are dropped, as a real destination does.
            return plugin_pb2.Write.Response()
        except Exception as error:  # noqa: BLE001
            self._fail(context, grpc.StatusCode.INTERNAL, error)
        return plugin_pb2.Write.Response()

    def Read(self, request, context):
        if not self._plugin.reading.acquire(blocking=False):
            context.abort(grpc.StatusCode.UNKNOWN, "plugin already in use")
        try:
            yield from self._rows_of(request.table)
        except Exception as error:  # noqa: BLE001
            self._fail(context, grpc.StatusCode.UNKNOWN, error)
        finally:
            self._plugin.reading.release()

    def _rows_of(self, message):
        """One row a message, like the database destinations."""
        wanted = table_of(schema_in(message))
        with self._plugin.lock:
            stored = self._plugin.storage.table(wanted.name)
            if stored is None:
                raise Violation(f"table {wanted.name} does not exist")
            rows = self._plugin.storage.read(wanted.name)
        # The CLI has added columns to a table that came through it, and taken its keys away for append.
        stored = {c.name: c.type for c in stored.columns}
        unlike = [c.name for c in wanted.columns if stored.get(c.name) != c.type]
        if unlike:
            raise Violation(f"table {wanted.name} has no such columns: {unlike}")
        rows = rows.select([c.name for c in wanted.columns])
        for batch in rows.to_batches(max_chunksize=1):
            record = pa.RecordBatch.from_arrays(batch.columns, schema=wanted.schema)
            yield plugin_pb2.Read.Response(record=arrow.record_to_bytes(record))

    def _fail(self, context, code, error):
        text = str(error) if isinstance(error, Violation) else f"{type(error).__name__}: {error}"
        self._logger.error(text)
        context.abort(code, text)


class _Collector:
    """Takes the place of a server where generated code registers its methods, to get at them."""

    def __init__(self):
        self.handlers = {}

    def add_generic_rpc_handlers(self, _):
        pass

    def add_registered_method_handlers(self, service, handlers):
        self.handlers.update({f"/{service}/{name}": handler for name, handler in handlers.items()})


def handlers():
    """A new destination's methods, by the path they are called by."""
    collector = _Collector()
    discovery_pb2_grpc.add_DiscoveryServicer_to_server(DiscoveryServicer([3]), collector)
    servicer = StrictServicer(DuckDbDestination(), JsonLog())
    plugin_pb2_grpc.add_PluginServicer_to_server(servicer, collector)
    return collector.handlers
