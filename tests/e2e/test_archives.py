"""Objects in archive classes, which must be restored before they can be read. MinIO has no such classes, so the server
is a stand-in. The listing tells of GLACIER and DEEP_ARCHIVE; of the archive tiers of INTELLIGENT_TIERING only a read
does.
"""

import datetime

import pytest
from harness import delivery
from harness.cli import Workspace
from harness.objects import numbered, parquet
from harness.stand_in_s3 import ASYNC_CLASSES, StandInS3, Stored, now
from harness.state import TABLE

ALL_CLASSES = [*ASYNC_CLASSES, "INTELLIGENT_TIERING"]
COLD, WARM = "t/a.parquet", "t/b.parquet"


@pytest.fixture(params=ALL_CLASSES)
def cold(request):
    """The oldest object of its table, which would decide its columns."""
    then = now() - datetime.timedelta(days=40)
    return Stored(parquet(numbered(0)), modified=then, storage_class=request.param, archived=True)


@pytest.fixture
def server(cold):
    with StandInS3({COLD: cold, WARM: parquet(numbered(3)), "u/c.parquet": parquet(numbered(6))}) as running:
        yield running


def warnings_about(run, key):
    return [warning for warning in run.warnings if key in warning]


@pytest.mark.parametrize("cold", ["GLACIER"], indirect=True)
def test_an_archived_object_fails_a_sync_without_state_so_that_none_of_its_rows_is_stale(tmp_path, server, cold):
    workspace = Workspace(tmp_path, server)
    options = {"write_mode": "overwrite-delete-stale", "deterministic_cq_id": True}
    cold.archived = False
    assert workspace.sync(server.spec(), **options).counts() == {"t": 6, "u": 3}
    cold.archived = True
    run = workspace.sync(server.spec(), **options)
    assert run.exit_code != 0
    assert COLD in run.output
    assert run.counts() == {"t": 6, "u": 3}


def test_everything_else_is_sent_before_an_archived_object_fails_the_sync(stand_in_plugin, server):
    run = delivery.sync(stand_in_plugin, server.spec())
    assert not run.ok
    assert COLD in run.reported
    assert (run.values("t"), run.values("u")) == ([3, 4, 5], [6, 7, 8])


def test_on_archived_skip_leaves_it_at_a_warning(stand_in_plugin, server):
    run = delivery.sync(stand_in_plugin, server.spec(on_archived="skip"))
    assert run.ok, run.text
    assert warnings_about(run, COLD)
    assert (run.values("t"), run.values("u")) == ([3, 4, 5], [6, 7, 8])


@pytest.mark.parametrize("cold", ["GLACIER"], indirect=True)
def test_no_read_is_spent_on_what_the_listing_shows_as_archived(stand_in_plugin, server):
    run = delivery.sync(stand_in_plugin, server.spec(on_archived="skip"))
    assert run.ok, run.text
    assert server.reads[COLD] == 0


def test_with_state_an_archived_object_is_warned_of_until_it_is_restored_and_then_read(
    stand_in_plugin, stand_in_backend, server, cold
):
    def sync():
        run = delivery.sync(stand_in_plugin, server.spec(), backend=stand_in_backend.backend(TABLE))
        assert run.ok, run.text
        return run

    # More syncs than a malformed object is tried in.
    for number in range(6):
        run = sync()
        assert warnings_about(run, COLD), number
        assert run.values("t") == ([3, 4, 5] if number == 0 else [])
    # A restore changes neither its ETag nor its time, nor its class.
    cold.archived = False
    run = sync()
    assert run.values("t") == [0, 1, 2]
    assert not warnings_about(run, COLD)
    assert sync().values("t") == []


def test_an_object_that_is_archived_after_it_was_read_needs_no_word(stand_in_plugin, stand_in_backend, server, cold):
    cold.archived = False
    for _ in range(2):
        run = delivery.sync(stand_in_plugin, server.spec(), backend=stand_in_backend.backend(TABLE))
        assert run.ok, run.text
        cold.archived = True


@pytest.mark.parametrize("cold", ["DEEP_ARCHIVE"], indirect=True)
def test_a_table_of_archived_objects_alone_costs_no_other_table_its_rows(stand_in_plugin, server):
    server.remove(WARM)
    run = delivery.sync(stand_in_plugin, server.spec(on_archived="skip"))
    assert run.ok, run.text
    assert run.values("u") == [6, 7, 8]
