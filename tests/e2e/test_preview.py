"""`cq-source-s3 preview`: what it shows is what a sync does."""

import json
import os
import pty
import re
import subprocess

import pyarrow as pa
import pytest
import yaml
from harness import paths, secrets
from harness.cli import isolated_environment
from harness.objects import numbered, parquet, put_all
from harness.s3_proxy import S3Proxy


@pytest.fixture
def preview(tmp_path, minio):
    """Runs the command on a configuration, which is written to a file: preview(config, *flags)."""

    def run(config, *flags, environment=None, text=None):
        file = secrets.allow(tmp_path / "s3.yml")
        file.write_text(text or yaml.safe_dump_all(config if isinstance(config, list) else [config], sort_keys=False))
        return subprocess.run(
            [paths.require(paths.SOURCE), "preview", str(file), *flags],
            capture_output=True, text=True, timeout=120, check=False,
            env={**isolated_environment(tmp_path), **minio.environment(), **(environment or {})},
        )  # fmt: skip

    return run


def report_of(finished):
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def source(spec, **options):
    return {"kind": "source", "spec": {"name": "s3", "registry": "local", "path": "x", "tables": ["*"],
                                       "destinations": ["duckdb"], "spec": spec, **options}}


def test_tables_columns_rows_and_ignored_keys_are_those_of_a_sync(preview, workspace, s3, bucket, spec):
    put_all(s3, bucket, {
        "a/1.parquet": parquet(numbered(0)),
        "a/2.parquet": parquet(numbered(10).append_column("extra", pa.array(["x", "y", "z"]))),
        "b/x.parquet": parquet(numbered(20)),
        "b/_temporary/1/x.parquet": b"not data",
        "b/notes.txt": b"not data",
    })
    report = report_of(preview(source(spec()), "--json"))
    run = workspace.sync(spec())
    assert {t["name"]: t["to_read"]["rows"] for t in report["tables"]} == run.counts() == {"a": 6, "b": 3}
    a = report["tables"][0]
    stored = {c for (c,) in run.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'a'")}
    made_by_cli = {"_cq_sync_time", "_cq_source_name", "_cq_sync_group_id"}
    assert {c["name"] for c in a["columns"]} == stored - made_by_cli
    assert {"name": "n", "type": "int64"} in a["columns"]
    assert report["ignored"]["keys"] == 2
    assert {r["example"] for r in report["ignored"]["reasons"]} == {"b/_temporary/1/x.parquet", "b/notes.txt"}


def requests_of(proxy):
    """Numbers of listings and of all other requests since the last call."""
    lists, others = proxy.lists, sum(proxy.access_keys.values()) - proxy.lists
    proxy.forget()
    proxy.access_keys.clear()
    return lists, others


def test_the_requests_it_announces_are_those_that_a_sync_makes_and_it_reads_no_rows(
    preview, workspace, minio, s3, bucket, spec
):
    wide = pa.table({f"c{i}": pa.array([os.urandom(8).hex() for _ in range(20_000)]) for i in range(3)})
    put_all(s3, bucket, {
        "tiny/x.parquet": parquet(numbered(0)),
        "small/x.parquet": parquet(wide),
        **{f"large/{i}.parquet": parquet(pa.concat_tables([wide] * 12), row_group_size=60_000, compression="none")
           for i in range(2)},
    })
    with S3Proxy(minio) as proxy:
        through_proxy = {**spec(), "endpoint": proxy.endpoint}
        report = report_of(preview(source(through_proxy), "--json"))
        footers = len(report["tables"]) + 1
        assert requests_of(proxy) == (report["sync"]["list_requests"], footers), "one read for each object"
        assert report["sync"]["bytes"] >= 0.9 * sum(t["bytes"] for t in report["tables"])
        run = workspace.sync(through_proxy)
        assert run.exit_code == 0, run.output
        assert requests_of(proxy) == (report["sync"]["list_requests"], report["sync"]["get_requests"])


def test_the_first_rows_are_shown_and_no_others_are_read(preview, s3, bucket, spec):
    put_all(s3, bucket, {
        "t/1.parquet": parquet(pa.table({"n": [1, 2], "when": pa.array([0, 1], pa.timestamp("us")), "l": [[1], None]})),
        "t/2.parquet": parquet(pa.table({"n": [3], "when": pa.array([2], pa.timestamp("us")), "l": [[]]})),
        "u/1.parquet": b"never looked at",
    })
    report = report_of(preview(source(spec()), "--table", "t", "--rows", "3", "--json"))
    assert [row["n"] for row in report["rows"]] == [1, 2, 3]
    assert [row["l"] for row in report["rows"]] == [[1], None, []]
    assert report["rows"][1]["when"] == "1970-01-01T00:00:00.000001"
    assert [t["name"] for t in report["tables"]] == ["t"] and report["log"] == []
    report = report_of(preview(source(spec()), "--table", "t", "--rows", "1", "--json"))
    assert [row["n"] for row in report["rows"]] == [1]


def test_rows_fit_the_terminal(tmp_path, minio, s3, bucket, spec):
    put_all(s3, bucket, {"t/1.parquet": parquet(pa.table({
        "n": [1, 2], "text": ["long " * 100, "日本語" * 50], "control": ["\x1b[2J", "\n"], **{f"c{i}": ["x", "y"] for i in range(40)},
    }))})  # fmt: skip
    file = tmp_path / "s3.yml"
    file.write_text(yaml.safe_dump(spec()))
    environment = {**isolated_environment(tmp_path), **minio.environment()}
    terminal, child = pty.openpty()
    subprocess.run(["stty", "cols", "72", "rows", "40"], stdin=child, check=True)
    process = subprocess.Popen([paths.require(paths.SOURCE), "preview", str(file), "--table", "t", "--rows", "2"],
                               stdout=child, stderr=child, stdin=child, env=environment)  # fmt: skip
    os.close(child)
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    os.close(terminal)
    assert process.wait(timeout=60) == 0, shown.decode()
    # What the progress line drew was taken away again.
    text = re.sub(r"[^\n]*\r\x1b\[K", "", shown.decode().replace("\r\n", "\n"))
    assert "\x1b" not in text
    lines = text.splitlines()
    wide = [sum(2 if "\u3000" <= c <= "\u9fff" else 1 for c in line) for line in lines if "request" not in line]
    assert max(wide) <= 72, lines
    assert any("more columns" in line for line in lines) and any("…" in line for line in lines)


def test_a_table_that_would_fail_and_a_bad_file_are_shown_as_a_sync_reports_them(preview, s3, bucket, spec):
    put_all(s3, bucket, {
        "bad/x.parquet": b"not Parquet at all",
        "mixed/1.parquet": parquet(pa.table({"c": ["x"]})),
        "mixed/2.parquet": parquet(pa.table({"c": [1]})),
    })
    finished = preview(source(spec()))
    assert finished.returncode == 0, finished.stderr
    assert "bad/x.parquet" in finished.stdout and "mixed/2.parquet" in finished.stdout
    report = report_of(preview(source(spec()), "--json"))
    assert {t["name"]: t["to_read"]["objects"] for t in report["tables"]} == {"bad": 0, "mixed": 0}
    assert {n["level"] for n in report["log"]} == {"warn", "error"}


def test_what_a_sync_costs(preview, s3, bucket, spec):
    put_all(s3, bucket, {"t/1.parquet": parquet(numbered(0))})
    report = report_of(preview(spec(), "--json", "--prices", "1000,10,1000000000"))
    sync = report["sync"]
    assert sync["usd_for_requests"] == pytest.approx(sync["list_requests"] + sync["get_requests"] / 100)
    assert sync["usd_for_transfer"] == pytest.approx(sync["bytes"])
    assert "Requests cost less than $0.01" in preview(spec(), "--prices").stdout
    bad = preview(spec(), "--prices=cheap")
    assert bad.returncode == 1 and "three numbers" in bad.stderr


def test_the_configuration_is_read_as_the_cli_reads_it(preview, s3, bucket, spec, tmp_path):
    put_all(s3, bucket, {f"{key}/x.parquet": parquet(numbered(0)) for key in ("a", "a/b", "c")})
    (tmp_path / "prefix.txt").write_text("a/")
    values = {"BUCKET": bucket, "REGION": spec()["region"], "ENDPOINT": spec()["endpoint"], "STYLE": "true"}
    text = f"""# ${{NOT_SET}} in a comment
kind: destination
spec: {{name: duckdb, path: x, spec: {{password: "${{ALSO_NOT_SET}}"}}}}
---
kind: source
spec:
  name: s3 # ${{NOT_SET}}
  path: x
  tables: ["*"]
  skip_tables: [a_*]
  destinations: [duckdb]
  spec:
    bucket: ${{BUCKET}}
    region: "${{REGION}}"
    endpoint: ${{ENDPOINT}}
    path_style: ${{STYLE}}
    path_prefix: ${{file:{tmp_path / "prefix.txt"}}}
"""
    plain = {k: v for k, v in spec().items() if k not in ("bucket", "region", "endpoint", "path_style")}
    text += "".join(f"    {k}: {json.dumps(v)}\n" for k, v in plain.items())
    finished = preview(None, "--json", text=text, environment=values)
    report = report_of(finished)
    assert [t["name"] for t in report["tables"]] == ["a"] and report["path_prefix"] == "a/"
    missing = preview(None, text=text, environment={k: v for k, v in values.items() if k != "BUCKET"})
    assert missing.returncode == 1
    assert "s3.yml" in missing.stderr and "the environment variable BUCKET is not set" in missing.stderr


@pytest.mark.parametrize("config, flags, error", [
    ([{"kind": "destination", "spec": {"name": "d"}}], [], "there is no source"),
    ([source({}), source({}, name="other")], [], 'there are several sources: "s3", "other". Choose one with --source'),
    ([source({})], ["--source", "other"], 'there is no source "other", only "s3"'),
    ([source({"bucket": "b"})], [], "region"),
    ([source({"bucket": "b", "region": "us-east-1", "colour": 1})], [], "colour"),
])  # fmt: skip
def test_a_configuration_that_cannot_be_used_is_an_error(preview, config, flags, error):
    finished = preview(config, *flags)
    assert finished.returncode == 1 and error in finished.stderr
    assert finished.stderr.startswith("Error: ") and finished.stderr.count("\n") == 1


def test_text_that_is_not_yaml_is_an_error_with_its_line(preview):
    finished = preview(None, text="bucket: b\nregion: [\n")
    assert finished.returncode == 1 and re.search(r"s3\.yml: line \d+: ", finished.stderr), finished.stderr
