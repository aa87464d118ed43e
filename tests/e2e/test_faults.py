"""S3 and the network as they fail. Each test brings about one fault between the plugin and the S3 server and then
counts the rows in the destination: none may be missing, none may be there twice.
"""

import random
import time

import pyarrow as pa
import pytest
from harness import faults
from harness.objects import numbered, parquet, put_all
from harness.s3_proxy import S3Proxy
from harness.state import numbers

TINY = {f"t/{i}.parquet": range(10 * i, 10 * i + 10) for i in range(8)}
# One request for its footer and one for the rest.
SMALL, SMALL_ROWS = "t/small.parquet", range(500, 540)
# Several row groups, of which each is a request.
LARGE, LARGE_ROWS = "t/large.parquet", range(1000, 1040)
ROWS = sorted(n for rows in [*TINY.values(), SMALL_ROWS, LARGE_ROWS] for n in rows)


def tiny(rows):
    return parquet(numbered(rows.start, len(rows)))


def incompressible(rows, row_bytes):
    """Four row groups."""
    content = random.Random(rows.start)
    table = pa.table({
        "n": pa.array(rows, pa.int64()),
        "text": pa.array([content.randbytes(row_bytes // 2).hex() for _ in rows], pa.string()),
    })
    return parquet(table, row_group_size=len(rows) // 4, compression="NONE", use_dictionary=False,
                   write_statistics=False)


def small(rows):
    return incompressible(rows, row_bytes=3000)


@pytest.fixture
def objects(s3, bucket):
    put_all(s3, bucket, {key: tiny(rows) for key, rows in TINY.items()})
    put_all(s3, bucket, {SMALL: small(SMALL_ROWS), LARGE: incompressible(LARGE_ROWS, row_bytes=300_000)})


@pytest.fixture
def sync(workspace, minio, spec):
    """Syncs through a proxy with these faults, each of which must come about."""

    def run_with(*happening, **more):
        with S3Proxy(minio, *happening) as proxy:
            run = workspace.sync(spec(endpoint=proxy.endpoint, **more))
        for fault in happening:
            assert fault.met > 0, f"{fault} met no request"
        return run

    return run_with


def assert_all_rows(run, rows=ROWS):
    assert run.exit_code == 0, run.output
    assert numbers(run, "t") == rows


def test_delayed_answers(objects, sync):
    assert_all_rows(sync(faults.Delay(seconds=0.2)))


def test_limited_bandwidth(objects, sync):
    assert_all_rows(sync(faults.Bandwidth(bytes_per_s=4 << 20)))


def test_reset_in_the_middle_of_a_body(objects, sync):
    assert_all_rows(sync(faults.Cut(times=10, after_share=0.7, end="reset")))


def test_reset_before_the_first_byte_of_a_body(objects, sync):
    assert_all_rows(sync(faults.Cut(times=10, after_share=0, end="reset")))


def test_short_body(objects, sync):
    assert_all_rows(sync(faults.Cut(times=10, after_share=0.7, end="close")))


@pytest.mark.slow
def test_stalled_transfer(objects, sync):
    assert_all_rows(sync(faults.Cut(on=faults.of(LARGE), times=1, after_share=0.5, end="stall")))


def test_503_slow_down(objects, sync):
    assert_all_rows(sync(faults.Refuse(times=12, status=503, code="SlowDown")))


def test_500_internal_error(objects, sync):
    assert_all_rows(sync(faults.Refuse(times=12, status=500, code="InternalError")))


def test_503_that_does_not_end_fails_the_sync_with_a_clear_error(objects, sync):
    run = sync(faults.Refuse(on=faults.of("t/3.parquet"), status=503, code="SlowDown"), retry_timeout="5s")
    assert run.exit_code != 0
    assert any("t/3.parquet" in e and "throttles requests" in e and "in 5 s" in e for e in run.errors)


@pytest.mark.slow
def test_503_for_twenty_seconds(objects, sync):
    assert_all_rows(sync(faults.Unavailable(seconds=20)))


@pytest.mark.slow
def test_first_byte_of_a_listing_after_25_s(objects, sync):
    assert_all_rows(sync(faults.Delay(on=faults.lists, times=1, seconds=25)))


def test_wrong_content_range(objects, sync):
    def shift(answer):
        answer.headers = [(n, v.replace("bytes ", "bytes 1") if n.lower() == "content-range" else v)
                          for n, v in answer.headers]

    partial = lambda exchange: faults.reads(exchange) and exchange.number == 1  # noqa: E731, the footer
    assert_all_rows(sync(faults.Spoil(on=partial, change=shift)))


def test_200_for_a_range(objects, sync):
    def ignore_the_range(answer):
        answer.status, answer.reason = 200, "OK"

    partial = lambda exchange: exchange.key == LARGE  # noqa: E731
    assert_all_rows(sync(faults.Spoil(on=partial, times=5, change=ignore_the_range)))


def test_200_with_an_error_as_body(objects, sync):
    assert_all_rows(sync(faults.Refuse(times=10, status=200, code="InternalError")))


def test_content_that_was_damaged_on_its_way(objects, sync):
    def flip(answer):
        body = bytearray(answer.body)
        body[len(body) // 2] ^= 0x40
        answer.body = bytes(body)

    # Objects that are read whole are compared with the checksum that S3 stores with them.
    damage = faults.Spoil(on=lambda e: e.key in [SMALL, *TINY] and e.number == 1, change=flip)
    assert_all_rows(sync(damage))
    assert damage.met == len(TINY) + 1


# With so little memory, the layout and the rows of SMALL are read one after the other.
LITTLE = {"memory_limit": "10MiB"}


def second_read_of_small(exchange):
    return exchange.key == SMALL and exchange.number == 2


def test_object_replaced_between_two_requests(objects, sync, s3, bucket):
    new = range(600, 640)
    replace = faults.Act(on=second_read_of_small, act=lambda _: put_all(s3, bucket, {SMALL: small(new)}))
    run = sync(replace, **LITTLE)
    assert_all_rows(run, sorted({*ROWS, *new} - {*SMALL_ROWS}))
    assert any("changed while it was read" in warning for warning in run.warnings)


def test_object_replaced_again_and_again(objects, sync, s3, bucket):
    def replace(number):
        put_all(s3, bucket, {SMALL: small(range(600, 640 + number))})

    run = sync(faults.Act(on=faults.of(SMALL), act=replace))
    assert run.exit_code != 0
    assert SMALL in run.output and "changed 3 times" in run.output


def test_object_deleted_between_two_requests(objects, sync, s3, bucket):
    delete = faults.Act(on=second_read_of_small, act=lambda _: s3.delete_object(Bucket=bucket, Key=SMALL))
    run = sync(delete, **LITTLE)
    assert_all_rows(run, sorted({*ROWS} - {*SMALL_ROWS}))
    assert any(line.get("key") == SMALL for line in run.log if line["level"] == "warn")


NOT_FOUND_PAGE = b"<html><body>default backend - 404</body></html>"


def test_a_404_that_is_not_s3s(objects, sync):
    def page(answer):
        answer.status, answer.reason, answer.headers, answer.body = 404, "Not Found", [], NOT_FOUND_PAGE

    assert_all_rows(sync(faults.Spoil(times=5, change=page), faults.Spoil(on=faults.lists, times=1, change=page)))


def test_no_such_key_for_an_object_that_is_still_listed(objects, sync):
    lagging = faults.Refuse(on=faults.of("t/3.parquet"), times=2, status=404, code="NoSuchKey")
    assert_all_rows(sync(lagging))


def test_no_such_key_that_does_not_end_is_a_failure(objects, sync):
    lost = faults.Refuse(on=faults.of("t/3.parquet"), status=404, code="NoSuchKey")
    run = sync(lost, retry_timeout="3s")
    assert run.exit_code != 0
    assert any("t/3.parquet" in error and "still lists it" in error for error in run.errors)


def test_no_such_bucket_for_a_read(objects, sync):
    assert_all_rows(sync(faults.Refuse(on=faults.of("t/3.parquet"), times=2, status=404, code="NoSuchBucket")))


def test_a_server_that_ignores_if_match(objects, sync, s3, bucket):
    new = range(600, 640)
    replace = faults.Act(on=second_read_of_small, act=lambda _: put_all(s3, bucket, {SMALL: small(new)}))
    run = sync(replace, faults.IgnoreIfMatch(on=faults.of(SMALL), s3=s3, bucket=bucket), **LITTLE)
    assert_all_rows(run, sorted({*ROWS, *new} - {*SMALL_ROWS}))
    assert any("changed while it was read" in warning for warning in run.warnings)


def test_etags_without_quotes(objects, sync):
    def unquote(answer):
        answer.body = answer.body.replace(b"&#34;", b"").replace(b"&quot;", b"")

    assert_all_rows(sync(faults.Spoil(on=faults.lists, change=unquote)))


def test_whole_objects_in_chunks(objects, sync):
    whole = lambda exchange: faults.reads(exchange) and "range" not in exchange.headers  # noqa: E731
    assert_all_rows(sync(faults.Chunks(on=whole)))


SKEWED = {"status": 403, "code": "RequestTimeTooSkewed"}


def test_a_clock_that_is_off(objects, sync):
    # MinIO takes the right time alone, so the service's is three minutes off, within its tolerance.
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 180))
    run = sync(faults.Refuse(on=faults.lists, times=1, more=f"<ServerTime>{later}</ServerTime>", **SKEWED))
    assert_all_rows(run)
    assert any("the clock of this machine is" in w and "behind the service's" in w for w in run.warnings)


def test_a_clock_that_is_refused_again(objects, sync):
    more = "<ServerTime>2023-01-04T20:41:18Z</ServerTime>"
    run = sync(faults.Refuse(on=faults.lists, more=more, **SKEWED))
    assert run.exit_code != 0
    assert "the clock of this machine is too far off" in run.output and "ahead of the service's" in run.output


def test_archived_object(objects, sync):
    # MinIO has no storage class that must be restored first.
    archived = faults.Refuse(on=faults.of("t/3.parquet"), status=403, code="InvalidObjectState",
                             more="<StorageClass>DEEP_ARCHIVE</StorageClass>")  # fmt: skip
    run = sync(archived, on_archived="skip")
    assert_all_rows(run, sorted({*ROWS} - {*TINY["t/3.parquet"]}))
    assert any("archived" in warning and "DEEP_ARCHIVE" in warning for warning in run.warnings)
    run = sync(archived)
    assert run.exit_code != 0 and "t/3.parquet" in run.output


def test_second_page_of_a_listing_fails(sync, s3, bucket):
    put_all(s3, bucket, {f"t/{i:04}.parquet": tiny(range(i, i + 1)) for i in range(1001)})
    second = lambda exchange: exchange.is_list and exchange.number >= 2  # noqa: E731
    run = sync(faults.Refuse(on=second, times=3, status=500, code="InternalError"))
    assert_all_rows(run, list(range(1001)))


def test_listing_cut_short(objects, sync):
    assert_all_rows(sync(faults.Cut(on=faults.lists, times=3, after_share=0.6, end="close")))


def test_listing_that_keeps_failing_fails_the_sync(objects, sync):
    run = sync(faults.Refuse(on=faults.lists, status=500, code="InternalError"), retry_timeout="2s")
    assert run.exit_code != 0
    assert "cannot list s3://" in run.output


def test_every_connection_dropped_for_three_seconds(objects, sync):
    everything = lambda exchange: True  # noqa: E731
    assert_all_rows(sync(faults.Outage(on=everything, seconds=3)))


def test_every_connection_dropped_in_the_middle_of_a_sync(objects, sync):
    later = lambda exchange: exchange.key == LARGE and exchange.number >= 2  # noqa: E731
    assert_all_rows(sync(faults.Outage(on=later, seconds=3)))


def test_a_range_that_is_much_later_than_its_peers(sync, s3, bucket):
    rows = {f"t/{i:03}.parquet": range(10 * i, 10 * i + 10) for i in range(200)}
    put_all(s3, bucket, {key: tiny(of_key) for key, of_key in rows.items()})
    run = sync(faults.Delay(on=faults.of("t/150.parquet"), times=1, seconds=30))
    assert_all_rows(run, sorted(n for of_key in rows.values() for n in of_key))


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(10))
def test_a_thousand_objects_through_all_of_it(sync, s3, bucket, attempt):
    def content(i):
        rows = range(4 * i, 4 * i + 4)
        return incompressible(rows, row_bytes=6000) if i % 4 == 0 else tiny(rows)

    put_all(s3, bucket, {f"t/{i:04}.parquet": content(i) for i in range(1000)})
    run = sync(
        faults.Cut(share=0.05, after_share=0.5, end="reset"),
        faults.Refuse(share=0.05, status=503, code="SlowDown"),
        faults.Delay(share=0.05, seconds=2),
    )
    assert_all_rows(run, list(range(4000)))
