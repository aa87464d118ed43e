"""Text that is not what it claims to be, beside good files; the table "Bad text" in docs/reliability.md."""

import gzip

from harness.objects import put_all

MIB = 1 << 20


def sync(workspace, s3, bucket, spec, bad, **options):
    put_all(s3, bucket, {f"t/{key}": content for key, content in bad.items()})
    put_all(s3, bucket, {"t/good.csv": b"n,t\n1,a\n2,b\n"})
    return workspace.sync(spec(filetype="csv", **options))


def warnings_about(run, key):
    return [line for line in run.log if line["level"] == "warn" and line.get("key") == f"t/{key}"]


def test_malformed_text_is_skipped_with_a_warning_and_the_others_arrive(workspace, s3, bucket, spec):
    good = b"n,t\n" + b"".join(b"%d,x\n" % i for i in range(10, 20_000))
    packed = gzip.compress(good)
    bad = {
        "binary.csv": bytes(range(256)) * 100,
        "cut.csv.gz": packed[: len(packed) // 2],
        "garbage.csv.gz": gzip.compress(b"n,t\n5,e\n") + b"garbage",
        "ragged.csv": b"n,t\n5\n",
        "zip.csv": b"PK\x03\x04" + bytes(100),
    }
    run = sync(workspace, s3, bucket, spec, bad)
    assert run.exit_code == 0, run.output
    assert run.query("SELECT n FROM t WHERE n < 10 AND t IN ('a', 'b') ORDER BY n") == [(1,), (2,)]
    words = {"binary.csv": "not text", "cut.csv.gz": "cut off", "garbage.csv.gz": "gzip", "ragged.csv": "line 2",
             "zip.csv": "zip archive"}  # fmt: skip
    for key, word in words.items():
        (warning,) = warnings_about(run, key)
        assert word in warning["message"], warning


def test_files_without_rows_are_no_failure(workspace, s3, bucket, spec):
    run = sync(workspace, s3, bucket, spec, {"empty.csv": b"", "header.csv": b"n,t\n", "z.csv.gz": gzip.compress(b"")})
    assert run.exit_code == 0, run.output
    assert run.counts() == {"t": 2}
    assert not [line for line in run.log if line["level"] == "warn"]


def test_malformed_rows_are_skipped_and_counted_if_told_so(workspace, s3, bucket, spec):
    content = b"n,t\n3,c\n4\n5,e\n6,f,g\n7\n8\n"
    run = sync(workspace, s3, bucket, spec, {"ragged.csv": content}, on_malformed_row="skip", metadata_columns=["row"])
    assert run.exit_code == 0, run.output
    assert run.query("SELECT n, _s3_row FROM t WHERE n > 2 ORDER BY n") == [(3, 0), (5, 2)]
    (warning,) = warnings_about(run, "ragged.csv")
    assert "4 malformed rows were skipped; the first are in line 3, 5, 6" in warning["message"]


def test_a_bomb_in_gzip_is_skipped_within_the_memory_limit(workspace, s3, bucket, spec):
    bomb = gzip.compress(b"n,t\n3," + b"x" * (128 * MIB) + b"\n", compresslevel=9)
    run = sync(workspace, s3, bucket, spec, {"bomb.csv.gz": bomb}, memory_limit="64MiB")
    assert run.exit_code == 0, run.output
    assert run.counts() == {"t": 2}
    (warning,) = warnings_about(run, "bomb.csv.gz")
    assert warning["reason"] == "corrupt"
    assert "memory_limit" in warning["message"]
    assert run.plugin_peak_bytes < 200 * MIB


def test_a_row_beyond_the_memory_limit_fails_the_sync(workspace, s3, bucket, spec):
    run = sync(workspace, s3, bucket, spec, {"long.csv": b"n,t\n3," + b"x" * (20 * MIB) + b"\n"}, memory_limit="64MiB")
    assert run.exit_code != 0
    assert "memory_limit" in run.output
