"""What servers do that MinIO cannot be brought to, and faults that need no CLI: the plugin over gRPC, reading from a
stand-in for S3. As in test_faults.py, no row may be missing, wrong or sent twice in silence.
"""

import random

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from harness import delivery, faults
from harness.cli import Workspace
from harness.objects import numbered, parquet
from harness.stand_in_s3 import StandInS3, Stored, crc32
from harness.state import TABLE

FOLDER = {f"t/{i}.parquet": parquet(numbered(3 * i)) for i in range(9)}
ONE, ONE_ROWS = "t/4.parquet", [12, 13, 14]
ALL = list(range(27))
OTHERS = [n for n in ALL if n not in ONE_ROWS]


@pytest.fixture
def sync(stand_in_plugin):
    """Syncs objects, or those of FOLDER, from a server with these faults and qualities."""

    def run_with(*happening, objects=FOLDER, options=None, **qualities):
        with StandInS3(objects, *happening, **qualities) as server:
            run = delivery.sync(stand_in_plugin, server.spec(**(options or {})))
        for fault in happening:
            assert fault.met > 0, f"{fault} met no request"
        return run

    return run_with


def assert_rows(run, rows=ALL):
    assert run.ok, run.text
    assert run.values("t") == rows


def assert_failed_but_for(run, key, rows):
    assert not run.ok
    assert key in run.reported
    assert run.values("t") == rows


def test_keys_that_are_listed_twice_are_one_object(sync):
    assert_rows(sync(page_keys=4, overlap=2))


def test_no_such_bucket_for_one_object_fails_the_sync(sync):
    lost = faults.Refuse(on=faults.of(ONE), status=404, code="NoSuchBucket")
    assert_failed_but_for(sync(lost, options={"retry_timeout": "1s"}), ONE, OTHERS)


def test_a_404_page_is_not_believed_and_the_object_arrives_when_it_is_back(stand_in_plugin, stand_in_backend):
    state = stand_in_backend.backend(TABLE)
    with StandInS3(FOLDER, faults.Page(on=faults.of(ONE), status=404)) as server:
        spec = server.spec(retry_timeout="1s")
        assert_failed_but_for(delivery.sync(stand_in_plugin, spec, backend=state), ONE, OTHERS)
        assert server.reads[ONE] > 1
        server.faults = ()
        run = delivery.sync(stand_in_plugin, spec, backend=state)
        assert run.ok, run.text
        assert set(ONE_ROWS) <= set(run.values("t"))


def test_130_neighbours_of_300_that_are_deleted_meanwhile_cost_no_other_object_its_rows(stand_in_plugin):
    columns = {f"c{i}": [float(i)] * 400 for i in range(60)}
    body = parquet(pa.table(columns), row_group_size=50, compression="NONE", use_dictionary=False)
    gone = {f"t/{i:03}.parquet" for i in range(100, 230)}
    # Their footers have been read then, which are too large to be kept.
    rows_of_it = lambda exchange: exchange.key in gone and exchange.number >= 2  # noqa: E731
    with StandInS3({f"t/{i:03}.parquet": body for i in range(300)}) as server:
        server.faults = (Vanish(on=rows_of_it, server=server),)
        run = delivery.sync(stand_in_plugin, server.spec(memory_limit="10MiB", concurrency=8))
        left = len(server.objects)
    assert run.ok, run.text
    assert sum(batch.num_rows for batch in run.batches) == left * 400
    assert left == 170


class Vanish(faults.Fault):
    def __init__(self, on, server):
        super().__init__(on=on)
        self._server = server

    def before(self, exchange):
        self._server.remove(exchange.key)


ROWS = 400_000


def large(version=0, **options):
    """Above 8 MiB, so it is read in parts."""
    content = random.Random(version)
    table = pa.table({
        "n": pa.array(range(ROWS), pa.int64()),
        "v": pa.array([version] * ROWS, pa.int64()),
        "noise": pa.array([content.getrandbits(62) for _ in range(ROWS)], pa.int64()),
    })
    return parquet(table, use_dictionary=False, row_group_size=ROWS // 4, **{"compression": "NONE", **options}), table


def same_rows(run, table):
    got = pa.Table.from_batches(run.batches).select(table.column_names).sort_by("n")
    return got.equals(table)


@pytest.mark.parametrize(
    "options", [{"compression": "SNAPPY"}, {"write_page_checksum": True}], ids=["compressed", "page CRCs"]
)
def test_a_large_object_that_is_damaged_once_is_fetched_again(sync, options):
    body, table = large(**options)
    # Without a CRC only damage to the head of a page is sure to be noticed.
    offset = 8 if "compression" in options else len(body) // 3
    damage = faults.Damage(on=lambda e: e.key == "t/x.parquet" and e.covers(offset), times=1, offset=offset)
    run = sync(damage, objects={"t/x.parquet": body})
    assert run.ok, run.text
    assert same_rows(run, table)
    assert "t/x.parquet" not in run.reported


@pytest.mark.parametrize("times", [1, faults.NO_LIMIT], ids=["once", "each time"])
@pytest.mark.parametrize("is_large", [True, False], ids=["large", "small"])
def test_values_that_contradict_the_checksum_that_s3_stores_are_never_taken_in_silence(sync, is_large, times):
    plain = {"compression": "NONE", "use_dictionary": False}
    body, table = large() if is_large else (parquet(numbered(0), **plain), numbered(0))
    offset = len(body) // 3 if is_large else body.index(b"row 1")
    damage = faults.Damage(on=lambda e: e.key == "t/x.parquet" and e.covers(offset), times=times, offset=offset)
    run = sync(damage, objects={"t/x.parquet": Stored(body, checksum=crc32(body))}, options={"retry_timeout": "1s"})
    assert "t/x.parquet" in run.reported or (times and run.ok and same_rows(run, table))


def test_a_server_that_ignores_if_match_mixes_no_two_contents(stand_in_plugin):
    new = large(version=1)[0]
    with StandInS3({"t/x.parquet": large()[0]}, checks_if_match=False) as server:
        third = lambda exchange: exchange.key == "t/x.parquet" and exchange.number == 3  # noqa: E731
        replace = faults.Act(on=third, times=1, act=lambda _: server.put({"t/x.parquet": new}))
        server.faults = (replace,)
        run = delivery.sync(stand_in_plugin, server.spec(concurrency=1))
    assert replace.met
    assert run.ok, run.text
    got = pa.Table.from_batches(run.batches)
    fresh = got.filter(pc.equal(got["v"], 1))
    assert fresh.num_rows == ROWS
    assert same_rows_of(fresh, new)
    # Rows of the old content may have been sent before.
    assert got.num_rows == ROWS or any("changed while it was read" in warning for warning in run.warnings)


def same_rows_of(got, body):
    table = pq.read_table(pa.BufferReader(body))
    return got.select(table.column_names).sort_by("n").equals(table)


def test_folders_that_differ_in_case_only_fail_and_are_named_while_others_arrive(sync):
    objects = {
        "Data/x.parquet": parquet(numbered(0)),
        "data/x.parquet": parquet(pa.table({"z": [1]})),
        "t/x.parquet": parquet(numbered(5)),
    }
    run = sync(objects=objects)
    assert not run.ok
    assert run.tables == ["t"]
    assert run.values("t") == [5, 6, 7]
    assert "Data" in run.reported and "data" in run.reported


def test_table_names_are_at_most_63_bytes_and_stay_the_same(stand_in_plugin):
    long = "x" * 70
    with StandInS3({f"{long}1/x.parquet": parquet(numbered(0)), f"{long}2/x.parquet": parquet(numbered(3))}) as server:
        first = delivery.sync(stand_in_plugin, server.spec())
        names = first.tables
        assert len(set(names)) == 2 and all(len(name) <= 63 for name in names)
        assert sorted(first.values(name) for name in names) == [[0, 1, 2], [3, 4, 5]]
        # Whatever else is in the bucket.
        server.put({f"{long}3/x.parquet": parquet(numbered(6))})
        server.remove(f"{long}1/x.parquet")
        second = delivery.sync(stand_in_plugin, server.spec())
    (kept,) = set(names) & set(second.tables)
    assert second.values(kept) == first.values(kept) == [3, 4, 5]


def test_a_table_that_is_named_like_the_state_fails_while_others_arrive(stand_in_plugin, stand_in_backend):
    objects = {f"{TABLE}/x.parquet": parquet(numbered(0)), "t/x.parquet": parquet(numbered(5))}
    with StandInS3(objects) as server:
        run = delivery.sync(stand_in_plugin, server.spec(), backend=stand_in_backend.backend(TABLE))
    assert_failed_but_for(run, TABLE, [5, 6, 7])


def test_a_key_that_is_not_utf8_and_controls_terminals_is_shown_without_harm(tmp_path):
    key = b"t/\x1b[31mred\n\xff.parquet".decode("utf-8", "surrogateescape")
    denied = faults.Refuse(on=faults.of(key), status=403, code="AccessDenied")
    with StandInS3({key: parquet(numbered(0)), "t/ok.parquet": parquet(numbered(5))}, denied) as server:
        run = Workspace(tmp_path, server).sync(server.spec())
    assert run.exit_code != 0
    assert "AccessDenied" in run.output
    assert any("\ufffd" in error and "red" in error for error in run.errors)
    assert not any("\x1b" in error for error in run.errors)
