"""What later syncs read when a backend keeps what earlier ones delivered."""

import datetime
import time

import pytest
from harness.objects import numbered, parquet, put_all
from harness.s3_proxy import S3Proxy
from harness.state import BACKEND, cursor_key, delivered_key, edit_state, numbers, set_value, state_of, synced

NOT_PARQUET = b"PAR1 but nothing of a Parquet file PAR1"
BY_LASTING_IDS = {"write_mode": "overwrite", "deterministic_cq_id": True}


@pytest.fixture
def proxy(minio):
    with S3Proxy(minio) as running:
        yield running


def put(s3, bucket, objects):
    """Puts objects of three rows each: key -> the first n."""
    put_all(s3, bucket, {key: parquet(numbered(start)) for key, start in objects.items()})


def three(*starts):
    return sorted(n for start in starts for n in range(start, start + 3))


def milliseconds(run):
    """What the plugin says a sync took."""
    (line,) = [line for line in run.log if line.get("message") == "sync finished"]
    return line["duration_ms"]


def a_while_ago(seconds=60):
    """A time as S3 writes it: whole seconds."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    return then.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def modified(s3, bucket, key):
    (listed,) = s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]
    return listed["LastModified"]


def test_a_second_sync_of_1000_unchanged_objects_reads_no_object(
    workspace, s3, bucket, spec, proxy, record_property
):
    put(s3, bucket, {f"{'ab'[i % 2]}/{i:04}.parquet": 3 * i for i in range(1000)})
    first = synced(workspace, spec(endpoint=proxy.endpoint))
    rows = {table: numbers(first, table) for table in "ab"}
    assert sorted(rows["a"] + rows["b"]) == list(range(3000))
    proxy.forget()
    second = synced(workspace, spec(endpoint=proxy.endpoint))
    assert {table: numbers(second, table) for table in "ab"} == rows
    assert proxy.reads.total() == 0
    assert proxy.lists == 1
    record_property("first sync, ms", milliseconds(first))
    record_property("second sync, ms", milliseconds(second))


def test_a_new_object_adds_its_rows_and_no_other_is_read(workspace, s3, bucket, spec, proxy):
    put(s3, bucket, {"t/a.parquet": 0, "t/b.parquet": 10, "u/c.parquet": 20})
    synced(workspace, spec(endpoint=proxy.endpoint))
    proxy.forget()
    put(s3, bucket, {"t/new.parquet": 30})
    run = synced(workspace, spec(endpoint=proxy.endpoint))
    assert numbers(run, "t") == three(0, 10, 30)
    assert numbers(run, "u") == three(20)
    assert proxy.reads["t/new.parquet"] > 0
    assert proxy.reads.keys() == {"t/new.parquet"}


def test_an_object_of_a_new_table_makes_the_table(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0})
    synced(workspace, spec())
    put(s3, bucket, {"u/b.parquet": 10})
    run = synced(workspace, spec())
    assert numbers(run, "t") == three(0)
    assert numbers(run, "u") == three(10)


def test_a_replaced_object_is_read_again(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0, "t/b.parquet": 10})
    synced(workspace, spec())
    put(s3, bucket, {"t/a.parquet": 100})
    run = synced(workspace, spec())
    assert numbers(run, "t") == three(0, 10, 100)
    assert numbers(synced(workspace, spec()), "t") == three(0, 10, 100)


def test_a_replacement_within_the_same_second_is_read_again(workspace, s3, bucket, spec, proxy):
    proxy.dates = dict.fromkeys(["t/a.parquet", "t/b.parquet"], a_while_ago())
    put(s3, bucket, {"t/a.parquet": 0, "t/b.parquet": 10})
    synced(workspace, spec(endpoint=proxy.endpoint))
    put(s3, bucket, {"t/a.parquet": 100})
    for _ in range(2):
        run = synced(workspace, spec(endpoint=proxy.endpoint))
        assert numbers(run, "t") == three(0, 10, 100)


def test_a_second_object_of_the_same_second_adds_its_rows_only(workspace, s3, bucket, spec, proxy):
    proxy.dates = dict.fromkeys(["t/a.parquet", "t/b.parquet"], a_while_ago())
    put(s3, bucket, {"t/b.parquet": 0})
    synced(workspace, spec(endpoint=proxy.endpoint))
    put(s3, bucket, {"t/a.parquet": 10})
    for _ in range(2):
        run = synced(workspace, spec(endpoint=proxy.endpoint))
        assert numbers(run, "t") == three(0, 10)


@pytest.mark.parametrize("dated_by", ["completion", "start"])
def test_a_multipart_upload_that_is_completed_after_a_sync_arrives(workspace, s3, bucket, spec, proxy, dated_by):
    # MinIO dates an upload by its completion, S3 by its start.
    key = "t/upload.parquet"
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    started = a_while_ago(0)
    part = s3.upload_part(
        Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=parquet(numbered(10))
    )
    time.sleep(1.1)
    put(s3, bucket, {"t/a.parquet": 0})
    assert numbers(synced(workspace, spec(endpoint=proxy.endpoint)), "t") == three(0)
    s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )  # fmt: skip
    assert modified(s3, bucket, key) > modified(s3, bucket, "t/a.parquet")
    if dated_by == "start":
        proxy.dates = {key: started}
    for _ in range(2):
        assert numbers(synced(workspace, spec(endpoint=proxy.endpoint)), "t") == three(0, 10)


@pytest.mark.parametrize("date", [a_while_ago(15), "2001-02-03T04:05:06.000Z"], ids=["seconds", "years"])
def test_an_object_that_appears_late_with_an_old_date_is_read_by_the_next_sync(
    workspace, s3, bucket, spec, proxy, date
):
    put(s3, bucket, {"t/a.parquet": 0})
    synced(workspace, spec(endpoint=proxy.endpoint))
    proxy.dates = {"t/late.parquet": date}
    put(s3, bucket, {"t/late.parquet": 10})
    for _ in range(2):
        assert numbers(synced(workspace, spec(endpoint=proxy.endpoint)), "t") == three(0, 10)


def test_one_state_table_for_two_stores_is_an_error_that_names_both(workspace, s3, bucket, spec, proxy):
    put(s3, bucket, {"t/a.parquet": 0})
    synced(workspace, spec())
    put(s3, bucket, {"t/b.parquet": 10})
    run = workspace.sync(spec(endpoint=proxy.endpoint), backend_options=BACKEND)
    assert run.exit_code == 1
    for endpoint in (spec()["endpoint"], proxy.endpoint):
        assert endpoint.removeprefix("http://") in run.output
    assert numbers(run, "t") == three(0)


def test_state_of_the_go_implementation_is_taken_over(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0, "t/b.parquet": 10})
    time.sleep(1.1)
    put(s3, bucket, {"t/c.parquet": 20})
    synced(workspace, spec())
    edit_state(workspace, "DELETE FROM {state} WHERE key = ?", delivered_key(bucket, "t"))
    # Exactly the time of the last object it stored.
    cursor = max(modified(s3, bucket, key) for key in ("t/a.parquet", "t/b.parquet"))
    set_value(workspace, cursor_key(bucket, "t"), cursor.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    for _ in range(2):
        assert numbers(synced(workspace, spec()), "t") == sorted(three(0, 10, 20) + three(20))


def test_the_plain_cursor_stands_where_the_go_implementation_would_go_on(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0})
    put(s3, bucket, {"t/b.parquet": 10})
    run = synced(workspace, spec())
    cursor = state_of(run)[cursor_key(bucket, "t")][0]
    assert datetime.datetime.fromisoformat(cursor[:23] + "+00:00") == modified(s3, bucket, "t/b.parquet")


def test_a_malformed_object_arrives_when_it_was_repaired(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0})
    put_all(s3, bucket, {"t/z.parquet": NOT_PARQUET})
    run = synced(workspace, spec())
    assert numbers(run, "t") == three(0)
    assert any("object skipped" in warning for warning in run.warnings)
    put(s3, bucket, {"t/z.parquet": 10})
    run = synced(workspace, spec())
    assert numbers(run, "t") == three(0, 10)
    assert not any("object skipped" in warning for warning in run.warnings)
    assert numbers(synced(workspace, spec()), "t") == three(0, 10)


def test_a_malformed_object_rests_after_four_syncs_and_is_warned_of_in_each(workspace, s3, bucket, spec, proxy):
    put(s3, bucket, {"t/a.parquet": 0})
    put_all(s3, bucket, {"t/z.parquet": NOT_PARQUET})
    read = []
    for _ in range(6):
        proxy.forget()
        run = synced(workspace, spec(endpoint=proxy.endpoint))
        read.append(proxy.reads["t/z.parquet"] > 0)
        (warning,) = [w for w in run.log if w.get("level") == "warn" and "object skipped" in w["message"]]
        assert warning["key"] == "t/z.parquet"
        assert warning["reason"]
        assert numbers(run, "t") == three(0)
    assert read == [True] * 4 + [False] * 2
    put(s3, bucket, {"t/z.parquet": 10})
    assert numbers(synced(workspace, spec(endpoint=proxy.endpoint)), "t") == three(0, 10)


def test_a_sync_that_failed_without_checkpoints_leaves_the_state_as_it_was(workspace, minio, s3, bucket, spec):
    off = spec(checkpoints="off")
    put(s3, bucket, {"t/a.parquet": 0, "u/b.parquet": 10})
    before = state_of(synced(workspace, off, **BY_LASTING_IDS))
    put(s3, bucket, {"t/c.parquet": 20, "t/secret.parquet": 30, "u/d.parquet": 40})
    failed = workspace.sync(
        off, backend_options=BACKEND, environment=minio.who_may_not_read(bucket, "t/secret.parquet"),
        **BY_LASTING_IDS,
    )  # fmt: skip
    assert failed.exit_code != 0
    assert "t/secret.parquet" in failed.output
    assert len(before) == 8  # cursor, record, objects and schema of both tables
    assert state_of(failed) == before
    run = synced(workspace, off, **BY_LASTING_IDS)
    assert numbers(run, "t") == three(0, 20, 30)
    assert numbers(run, "u") == three(10, 40)


def test_of_30_objects_one_is_denied_and_the_others_are_sent_once(workspace, minio, s3, bucket, spec, proxy):
    put(s3, bucket, {f"{'tuv'[i % 3]}/{i:02}.parquet": 10 * i for i in range(30)})
    denied = "t/21.parquet"
    environment = minio.who_may_not_read(bucket, denied)
    wanted = {t: three(*(10 * i for i in range(30) if "tuv"[i % 3] == t and i != 21)) for t in "tuv"}
    for sync in range(3):
        proxy.forget()
        run = workspace.sync(
            spec(endpoint=proxy.endpoint, checkpoints="required"), backend_options=BACKEND, environment=environment
        )
        assert run.exit_code == 1
        assert denied in run.output
        assert {t: numbers(run, t) for t in "tuv"} == wanted
        if sync > 0:
            assert proxy.reads.keys() <= {denied}
    # In append mode: what is sent twice would be there twice.
    run = synced(workspace, spec(endpoint=proxy.endpoint, checkpoints="required"))
    assert numbers(run, "t") == sorted(wanted["t"] + three(210))


@pytest.mark.parametrize("first", ["data/t/a", "data/u"])
def test_a_narrower_prefix_hides_nothing_from_later_syncs(workspace, s3, bucket, spec, first):
    put(s3, bucket, {"data/t/a.parquet": 0, "data/t/ab.parquet": 10, "data/t/b.parquet": 20, "data/u/c.parquet": 30})
    synced(workspace, spec(path_prefix=first))
    for prefix in ("", first, ""):
        run = synced(workspace, spec(path_prefix=prefix))
        assert numbers(run, "data_t") == three(0, 10, 20)
        assert numbers(run, "data_u") == three(30)
    put(s3, bucket, {"data/t/aa.parquet": 40})
    for prefix in (first, "", "data/t/"):
        run = synced(workspace, spec(path_prefix=prefix))
    assert numbers(run, "data_t") == three(0, 10, 20, 40)


def test_a_table_filter_hides_nothing_from_later_syncs(workspace, s3, bucket, spec):
    put(s3, bucket, {"t/a.parquet": 0, "u/b.parquet": 10})
    only = synced(workspace, spec(), tables=["t"])
    assert numbers(only, "t") == three(0) and numbers(only, "u") == []
    put(s3, bucket, {"t/c.parquet": 20})
    for tables in (["*"], ["u"], ["*"]):
        run = synced(workspace, spec(), tables=tables)
        assert numbers(run, "t") == three(0, 20)
        assert numbers(run, "u") == three(10)


@pytest.mark.parametrize("deterministic", [True, False])
def test_delete_stale_keeps_the_rows_of_unchanged_objects(workspace, s3, bucket, spec, deterministic):
    mode = {"write_mode": "overwrite-delete-stale", "deterministic_cq_id": deterministic}
    put(s3, bucket, {"t/a.parquet": 0, "u/b.parquet": 10})
    synced(workspace, spec(), **mode)
    run = synced(workspace, spec(), **mode)
    assert numbers(run, "t") == three(0) and numbers(run, "u") == three(10)
    put(s3, bucket, {"t/c.parquet": 20})
    run = synced(workspace, spec(), **mode)
    assert numbers(run, "t") == three(0, 20) and numbers(run, "u") == three(10)
