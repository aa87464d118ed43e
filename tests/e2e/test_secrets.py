"""That the search for secrets, which every test ends with, finds them wherever they might be left."""

import os
import subprocess
import sys

import duckdb
import pytest
from harness import paths, secrets
from harness.objects import numbered, parquet, put_all
from harness.plugin import Plugin, failing
from harness.state import BACKEND, set_value, state_of, synced

PLANTED = {"pl/anted+secret=\"1\"": "the planted secret"}
(VALUE,) = PLANTED


@pytest.mark.parametrize("content", [
    f"before {VALUE} after",
    'level=warn text="pl/anted+secret=\\"1\\""',
    "url=http://user:pl%2Fanted%2Bsecret%3D%221%22@proxy",
    "Basic cGwvYW50ZWQrc2VjcmV0PSIxIg==",
])  # fmt: skip
def test_a_secret_in_a_file_is_found_however_it_is_written(tmp_path, content):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "cloudquery-1.log").write_text(content)
    (tmp_path / "clean.log").write_text("nothing here")
    assert secrets.found_in(tmp_path, PLANTED) == [f"{tmp_path}/deep/cloudquery-1.log: the planted secret"]


@pytest.mark.parametrize("kind, value", [
    ("VARCHAR", VALUE),
    ("BLOB", VALUE.encode()),
    ("VARCHAR[]", ["a", VALUE]),
    ("STRUCT(a STRUCT(b VARCHAR))", {"a": {"b": VALUE}}),
    ("MAP(VARCHAR, INTEGER)", {VALUE: 1}),
])  # fmt: skip
def test_a_secret_in_any_table_and_type_of_column_is_found(tmp_path, kind, value):
    path = tmp_path / "stored.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute(f'CREATE SCHEMA "other one"; CREATE TABLE "other one"."odd "" name" (n INTEGER, v {kind})')
        database.execute('INSERT INTO "other one"."odd "" name" SELECT range, NULL FROM range(5000)')
        database.execute('INSERT INTO "other one"."odd "" name" VALUES (1, ?)', [value])
    assert secrets.found_in(tmp_path, PLANTED) == [f"{path}: the planted secret"]
    with duckdb.connect(str(path)) as database:
        database.execute('DELETE FROM "other one"."odd "" name" WHERE v IS NOT NULL')
    assert secrets.found_in(tmp_path, PLANTED) == []


def test_a_configuration_may_hold_secrets_but_the_file_beside_it_may_not(tmp_path):
    for name in ("config.yml", "output.txt"):
        (tmp_path / name).write_text(VALUE)
    found = secrets.found_in(tmp_path, PLANTED, allowed={tmp_path / "config.yml"})
    assert found == [f"{tmp_path}/output.txt: the planted secret"]


def test_what_a_real_sync_leaves_is_searched_logs_output_rows_and_state(workspace, s3, bucket, spec):
    """Each is made to hold a word that only the content of the bucket could bring there, and is then found."""
    put_all(s3, bucket, {"t/x.parquet": parquet(numbered(0)), "t/odd-word-1.parquet": b"not Parquet"})
    run = synced(workspace, spec())
    planted = {"row 1": "a row", "odd-word-1": "a key"}
    found = {line.removeprefix(f"{workspace.folder}/") for line in secrets.found_in(workspace.folder, planted)}
    assert {"stored.duckdb: a row", "cloudquery-1.log: a key"} <= found
    (key, *_) = state_of(run)
    set_value(workspace, key, VALUE)
    assert f"{workspace.database}: the planted secret" in secrets.found_in(workspace.folder, PLANTED)
    wrong = workspace.sync(spec(bucket="no-such-bucket"), backend_options=BACKEND)
    assert "no-such-bucket" in wrong.output
    found = secrets.found_in(workspace.folder, {"no-such-bucket": "a name"})
    assert f"{workspace.folder}/output-2.txt: a name" in found


def test_what_the_plugin_answers_and_logs_is_searched(spec):
    with Plugin() as plugin:
        with failing():
            plugin.init(spec(**{"odd-word-2": 1}))
        assert not plugin.test_connection(spec(filetype="odd-word-3")).success
        planted = {"odd-word-2": "an error", "odd-word-3": "an answer", "listening": "a log line"}
        found = secrets.found_in(plugin.folder, planted)
    assert {line.rsplit(": ", 1)[1] for line in found} >= {"an error", "an answer"}


LEAKING = """
import pytest
from harness import secrets

def test_that_leaks(tmp_path):
    (tmp_path / "source.log").write_text(secrets.register("not-to-be-seen-anywhere", "the test's secret"))

def test_that_does_not(tmp_path):
    (tmp_path / "source.log").write_text("all is well")

@pytest.fixture(scope="session")
def secret_of_session():
    return secrets.register("known-to-a-server", "a server's secret")

def test_that_does_not_leak_what_a_server_knows(tmp_path, secret_of_session):
    (tmp_path / "source.log").write_text("all is well")

def test_that_leaks_what_a_server_knows(tmp_path, secret_of_session):
    (tmp_path / "source.log").write_text("known-to-a-server")
"""


def test_a_test_that_leaves_a_secret_behind_fails_and_the_finding_does_not_repeat_it(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    secrets.allow(project / "test_leaking.py").write_text(LEAKING)
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "--basetemp",
         str(tmp_path / "temporary"), str(project)],
        cwd=project, env={**os.environ, "PYTHONPATH": str(paths.ROOT / "tests" / "e2e")},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert "4 passed, 2 errors" in finished.stdout
    assert "test_that_leaks" in finished.stdout and "source.log: the test's secret" in finished.stdout
    assert "source.log: a server's secret" in finished.stdout
    assert "not-to-be-seen-anywhere" not in finished.stdout and "known-to-a-server" not in finished.stdout
