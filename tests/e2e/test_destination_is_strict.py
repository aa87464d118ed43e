"""The destination itself: what it must refuse, else the other tests could pass over lost rows."""

import datetime
import json
import uuid

import grpc
import pyarrow as pa
import pytest
from cloudquery.plugin_v3 import plugin_pb2, plugin_pb2_grpc
from destination.checks import TABLE_NAME
from destination.server import make_server
from destination.storage import Storage

UUID = {b"ARROW:extension:name": b"uuid", b"ARROW:extension:metadata": b"uuid-serialized"}
JSON = {b"ARROW:extension:name": b"json", b"ARROW:extension:metadata": b"json-serialized"}
KEY = {b"cq:extension:primary_key": b"true"}
UNIQUE = {b"cq:extension:unique": b"true"}
SYNCED_AT = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def schema(*fields, table="t", metadata=None):
    texts = {b"cq:table_title": b"", b"cq:table_description": b""}
    return pa.schema(fields, metadata={TABLE_NAME: table.encode(), **texts, **(metadata or {})})


def stream(of_schema, *batches):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, of_schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def migrate(of_schema, force=False):
    message = plugin_pb2.Write.MessageMigrateTable(table=stream(of_schema), migrate_force=force)
    return plugin_pb2.Write.Request(migrate_table=message)


def record(of_schema, *columns):
    arrays = [pa.array(values, f.type) for values, f in zip(columns, of_schema)]
    return pa.RecordBatch.from_arrays(arrays, schema=of_schema)


def insert(of_schema, *columns):
    return insert_bytes(stream(of_schema, record(of_schema, *columns)))


def insert_bytes(message):
    return plugin_pb2.Write.Request(insert=plugin_pb2.Write.MessageInsert(record=message))


def delete_stale(table, source, sync_time):
    message = plugin_pb2.Write.MessageDeleteStale(table_name=table, source_name=source)
    message.sync_time.FromDatetime(sync_time)
    return plugin_pb2.Write.Request(delete=message)


class Server:
    """The destination behind a real gRPC channel; every `write` is a stream of its own."""

    def __init__(self, folder, **options):
        self.path = folder / "t.duckdb"
        self._server = make_server()
        self._server.add_insecure_port(f"unix:{folder}/s.sock")
        self._server.start()
        self._channel = grpc.insecure_channel(f"unix:{folder}/s.sock")
        self.stub = plugin_pb2_grpc.PluginStub(self._channel)
        self.init(**options)

    def init(self, **options):
        text = json.dumps({"path": str(self.path), **options}).encode()
        self.stub.Init(plugin_pb2.Init.Request(spec=text))

    def write(self, *messages):
        self.stub.Write(iter(messages))

    def refusal(self, *messages):
        """The status text of a Write that has to fail."""
        with pytest.raises(grpc.RpcError) as refused:
            self.write(*messages)
        return refused.value.details()

    def read(self, of_schema):
        responses = self.stub.Read(plugin_pb2.Read.Request(table=stream(of_schema)))
        return [pa.ipc.open_stream(r.record).read_all().to_pylist() for r in responses]

    def stop(self):
        self.stub.Close(plugin_pb2.Close.Request())
        self._channel.close()
        self._server.stop(0)

    def rows(self, table="t"):
        self.stub.Close(plugin_pb2.Close.Request())
        storage = Storage(str(self.path), read_only=True)
        try:
            return storage.read(table).to_pylist()
        finally:
            storage.close()


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path)
    yield running
    running.stop()


N = schema(pa.field("n", pa.int64()))
IDS = schema(
    pa.field("_cq_sync_time", pa.timestamp("us", "UTC")),
    pa.field("_cq_source_name", pa.string()),
    pa.field("_cq_id", pa.binary(16), nullable=False, metadata={**UUID, **KEY, **UNIQUE}),
    pa.field("n", pa.int64()),
)


def ids(n, sync_time=SYNCED_AT, first_id=0, source="s3"):
    keys = [uuid.UUID(int=first_id + i).bytes for i in range(len(n))]
    return insert(IDS, [sync_time] * len(n), [source] * len(n), keys, n)


def test_rows_of_a_proper_stream_are_stored(server):
    server.write(migrate(N), insert(N, [1, None]), insert(N, [3]))
    assert server.rows() == [{"n": 1}, {"n": None}, {"n": 3}]


def test_a_repeated_migration_that_changes_nothing_is_fine(server):
    server.write(migrate(N), insert(N, [1]), migrate(N), insert(N, [2]))
    server.write(migrate(N), insert(N, [3]))
    assert [r["n"] for r in server.rows()] == [1, 2, 3]


def test_an_insert_before_its_migrate_is_refused(server):
    assert "before its migrate" in server.refusal(insert(N, [1]))


def test_an_insert_is_measured_by_the_migrate_of_its_own_stream(server):
    server.write(migrate(N))
    assert "before its migrate" in server.refusal(insert(N, [1]))


@pytest.mark.parametrize(
    "other, complaint",
    [
        (schema(pa.field("n", pa.int64()), pa.field("m", pa.int64())), "column m is new"),
        (schema(pa.field("m", pa.int64())), "column n is missing"),
        (schema(pa.field("n", pa.int32())), "type of column n is int32, was int64"),
        (schema(pa.field("n", pa.int64(), nullable=False)), "nullable of column n is False"),
        (schema(pa.field("n", pa.int64(), metadata=KEY)), "primary_key of column n is True"),
        (schema(pa.field("n", pa.int64(), metadata=UNIQUE)), "unique of column n is True"),
        (schema(pa.field("n", pa.int64()), table="u"), "table u: an insert came before"),
    ],
)
def test_a_record_that_differs_from_the_migrate_is_refused(server, other, complaint):
    columns = [[1]] * len(other)
    assert complaint in server.refusal(migrate(N), insert(other, *columns))


def test_a_record_without_a_table_name_is_refused(server):
    nameless = pa.schema([pa.field("n", pa.int64())])
    assert "no cq:table_name" in server.refusal(migrate(N), insert(nameless, [1]))


@pytest.mark.parametrize("key", ["cq:table_title", "cq:table_description"])
def test_a_schema_without_its_texts_is_refused(server, key):
    metadata = {k: v for k, v in N.metadata.items() if k != key.encode()}
    assert key in server.refusal(migrate(N.with_metadata(metadata)))


@pytest.mark.parametrize("count", [0, 2])
def test_an_insert_of_other_than_one_batch_is_refused(server, count):
    message = insert_bytes(stream(N, *[record(N, [1])] * count))
    assert f"holds {count} record batches" in server.refusal(migrate(N), message)


def test_an_insert_without_rows_is_fine(server):
    server.write(migrate(N), insert(N, []))
    assert server.rows() == []


def test_garbage_is_refused(server):
    assert "not an Arrow stream" in server.refusal(migrate(N), insert_bytes(b"garbage"))


UNSAFE = [
    pa.null(), pa.large_string(), pa.string_view(), pa.large_binary(), pa.binary_view(), pa.float16(),
    pa.dictionary(pa.int32(), pa.string()), pa.date64(), pa.time32("s"), pa.time64("ns"),
    pa.timestamp("s"), pa.timestamp("us", "Europe/Berlin"), pa.duration("us"),
    pa.month_day_nano_interval(), pa.decimal32(5, 2), pa.decimal64(10, 2), pa.decimal128(10, -2),
    pa.large_list(pa.int64()), pa.list_(pa.int64(), 2), pa.list_view(pa.int64()), pa.struct([]),
    pa.dense_union([pa.field("a", pa.int64())]), pa.run_end_encoded(pa.int32(), pa.int64()), pa.uuid(),
]  # fmt: skip


@pytest.mark.parametrize("unsafe", UNSAFE, ids=str)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda t: t,
        lambda t: pa.list_(t),
        lambda t: pa.struct([("a", pa.int64()), ("b", t)]),
        lambda t: pa.map_(pa.string(), t),
        lambda t: pa.list_(pa.struct([("b", pa.list_(t))])),
    ],
    ids=["plain", "list", "struct", "map", "deep"],
)
def test_a_type_that_some_destination_loses_is_refused(server, unsafe, wrap):
    complaint = server.refusal(migrate(schema(pa.field("c", wrap(unsafe)))))
    assert "column c" in complaint and "lost" in complaint


@pytest.mark.parametrize(
    "field",
    [
        pa.field("c", pa.string(), metadata=JSON),
        pa.field("c", pa.binary(), metadata=UUID),
        pa.field("c", pa.binary(16), metadata={b"ARROW:extension:name": b"uuid"}),
        pa.field("c", pa.list_(pa.field("item", pa.binary(8), metadata=UUID))),
        pa.field("c", pa.binary(), metadata={b"ARROW:extension:name": b"some.thing"}),
    ],
    ids=str,
)
def test_an_extension_type_that_is_put_together_wrongly_is_refused(server, field):
    assert "extension type" in server.refusal(migrate(schema(field)))


def test_a_null_cq_id_is_refused_even_where_the_column_would_take_it(server):
    loose = schema(pa.field("_cq_id", pa.binary(16), metadata=UUID))
    assert "1 nulls in column _cq_id" in server.refusal(migrate(loose), insert(loose, [b"1" * 16, None]))


def test_a_null_in_a_column_that_has_none_is_refused(server):
    firm = schema(pa.field("n", pa.int64(), nullable=False))
    assert "1 nulls in column n" in server.refusal(migrate(firm), insert(firm, [1, None]))


@pytest.mark.parametrize("nested", [False, True])
def test_broken_utf8_is_refused(server, nested):
    text = pa.array([b"fine", b"\xff\xfe"], pa.binary()).view(pa.string())
    column = pa.ListArray.from_arrays([0, 1, 2], text) if nested else text
    texts = schema(pa.field("c", column.type))
    message = insert_bytes(stream(texts, pa.RecordBatch.from_arrays([column], schema=texts)))
    assert "Invalid UTF8" in server.refusal(migrate(texts), message)


@pytest.mark.parametrize("value", [b"", b"{", b"nothing"])
@pytest.mark.parametrize("nested", [False, True])
def test_broken_json_is_refused(server, value, nested):
    item = pa.field("c", pa.binary(), metadata=JSON)
    texts = schema(pa.field("c", pa.list_(item)) if nested else item)
    complaint = server.refusal(migrate(texts), insert(texts, [[value]] if nested else [value]))
    assert "cannot be stored" in complaint


@pytest.mark.parametrize(
    "changed, complaint",
    [
        (schema(pa.field("n", pa.int64()), pa.field("m", pa.int64())), "column m is new"),
        (schema(pa.field("n", pa.string())), "type of column n is string, was int64"),
        (schema(pa.field("n", pa.int64(), metadata=KEY)), "primary_key of column n is True"),
    ],
)
def test_a_migration_that_changes_an_existing_table_is_refused(server, changed, complaint):
    server.write(migrate(N))
    assert complaint in server.refusal(migrate(changed))


def test_with_allow_migration_a_nullable_column_may_be_added_and_no_more(tmp_path):
    server = Server(tmp_path, allow_migration=True)
    try:
        wider = schema(pa.field("n", pa.int64()), pa.field("m", pa.string()))
        server.write(migrate(N), insert(N, [1]))
        server.write(migrate(wider), insert(wider, [2], ["x"]))
        assert "would change" in server.refusal(migrate(schema(pa.field("n", pa.string()))))
        assert server.rows() == [{"n": 1, "m": None}, {"n": 2, "m": "x"}]
    finally:
        server.stop()


def test_a_forced_migration_makes_the_table_anew(server):
    texts = schema(pa.field("n", pa.string()))
    server.write(migrate(N), insert(N, [1]))
    server.write(migrate(texts, force=True), insert(texts, ["x"]))
    assert server.rows() == [{"n": "x"}]


def test_a_row_with_a_known_key_replaces_the_row_of_an_earlier_sync(server):
    server.write(migrate(IDS), ids([1, 2]))
    server.write(migrate(IDS), ids([10], SYNCED_AT + datetime.timedelta(seconds=1), first_id=1))
    assert sorted(r["n"] for r in server.rows()) == [1, 10]


def test_two_rows_of_one_sync_with_the_same_key_are_refused(server):
    assert "same key" in server.refusal(migrate(IDS), ids([1]), ids([2]))
    # A migration in between stores what came before it.
    assert "same key" in server.refusal(migrate(IDS), ids([1]), migrate(IDS), ids([2]))


def test_two_equal_values_in_a_unique_column_are_refused(server):
    unique = schema(pa.field("n", pa.int64(), metadata=UNIQUE))
    assert "cannot be stored" in server.refusal(migrate(unique), insert(unique, [1, 1]))


def test_delete_stale_takes_the_older_rows_of_its_own_source_only(server):
    later = SYNCED_AT + datetime.timedelta(microseconds=1)
    server.write(
        migrate(IDS),
        ids([1]),
        ids([2], first_id=1, source="other"),
        ids([3], later, first_id=2),
        delete_stale("t", "s3", later),
    )
    assert sorted(r["n"] for r in server.rows()) == [2, 3]


def test_state_is_read_back_one_row_a_message(server):
    state = schema(
        pa.field("key", pa.string(), metadata=KEY),
        pa.field("value", pa.string()),
        pa.field("version", pa.uint64()),
        table="cq_state",
    )
    server.write(migrate(state), insert(state, ["a", "b"], ["1", "2"], [0, 2**64 - 1]))
    server.write(migrate(state), insert(state, ["a"], ["3"], [None]))
    rows = sorted((m[0]["key"], m[0]["value"], m[0]["version"]) for m in server.read(state))
    assert rows == [("a", "3", None), ("b", "2", 2**64 - 1)]


def test_reading_a_table_that_is_not_there_fails(server):
    with pytest.raises(grpc.RpcError, match="does not exist"):
        server.read(N)


def test_an_unknown_option_is_refused(server):
    with pytest.raises(grpc.RpcError, match="wrong_key"):
        server.init(wrong_key=1)
