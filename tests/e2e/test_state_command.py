"""`cq-source-s3 state`, and `preview` with state: they read and mend what a sync left at its backend."""

import json
import subprocess

import pytest
import yaml
from harness import paths, secrets
from harness.cli import isolated_environment
from harness.objects import numbered, parquet, put_all
from harness.state import BACKEND, cursor_key, delivered_key, numbers, state_of, synced


@pytest.fixture
def command(workspace, tmp_path, minio, spec):
    """Runs a command of the plugin on the configuration of the workspace's syncs."""
    file = secrets.allow(tmp_path / "command.yml")

    def run(*words, config=None, ok=True):
        documents = config or [workspace.source(spec(), tables=["*"], backend_options=BACKEND), workspace.destination("append")]
        file.write_text(yaml.safe_dump_all(documents))
        before, after = words[:2] if words[0] == "state" else words[:1], words[2 if words[0] == "state" else 1 :]
        finished = subprocess.run(
            [paths.require(paths.SOURCE), *before, str(file), *after],
            capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
            env={**isolated_environment(tmp_path), **minio.environment()},
        )  # fmt: skip
        assert (finished.returncode == 0) == ok, finished.stdout + finished.stderr
        return finished.stdout if ok else finished.stderr

    return run


@pytest.fixture
def two_tables(workspace, s3, bucket, spec):
    put_all(s3, bucket, {"a/1.parquet": parquet(numbered(0)), "b/1.parquet": parquet(numbered(10))})
    return synced(workspace, spec())


def test_show_prints_what_a_sync_stored(command, two_tables, bucket):
    stored = {key: value for key, (value, _) in state_of(two_tables).items()}
    assert json.loads(command("state", "show", "--json")) == stored
    of_a = json.loads(command("state", "show", "--table", "a", "--json"))
    assert of_a == {key: value for key, value in stored.items() if key.startswith(f"s3/{bucket}/a/")}
    assert cursor_key(bucket, "b") in command("state", "show")


def test_reset_is_a_dry_run_until_it_is_confirmed_and_then_all_of_the_table_is_read_again(
    command, workspace, two_tables, bucket, spec
):
    before = state_of(two_tables)
    shown = command("state", "reset", "--table", "a")
    assert delivered_key(bucket, "a") in shown and "Nothing was changed" in shown
    assert state_of(two_tables) == before
    assert "The state was changed" in command("state", "reset", "--table", "a", "--yes")
    after = state_of(two_tables)
    of_b = {key: value for key, value in before.items() if f"/{bucket}/b/" in key}
    assert of_b and {key: after[key] for key in of_b} == of_b
    assert command("state", "show", "--table", "a", "--json").strip() == "{}"
    run = synced(workspace, spec())
    assert numbers(run, "a") == [0, 0, 1, 1, 2, 2] and numbers(run, "b") == [10, 11, 12]
    assert "nothing of this table" in command("state", "reset", "--table", "c", "--yes")


def test_set_puts_the_cursor_back_and_never_forward(command, workspace, two_tables, bucket, spec):
    back = ["state", "set", "--table", "a", "--cursor", "2001-01-01T00:00:00Z"]
    assert "Nothing was changed" in command(*back)
    assert numbers(synced(workspace, spec()), "a") == [0, 1, 2]
    assert "2001-01-01T00:00:00" in command(*back, "--yes")
    assert state_of(two_tables)[cursor_key(bucket, "a")][0].startswith("2001-01-01T00:00:00")
    run = synced(workspace, spec())
    assert numbers(run, "a") == [0, 0, 1, 1, 2, 2] and numbers(run, "b") == [10, 11, 12]
    assert "would skip objects" in command("state", "set", "--table", "a", "--cursor", "2200-01-01T00:00:00Z", ok=False)
    assert "is not valid" in command("state", "set", "--table", "a", "--cursor", "yesterday", ok=False)
    assert "has no cursor" in command("state", "set", "--table", "c", "--cursor", "2001-01-01T00:00:00Z", ok=False)


def test_preview_with_state_shows_what_the_next_sync_reads(command, workspace, two_tables, s3, bucket):
    put_all(s3, bucket, {"a/2.parquet": parquet(numbered(20)), "c/1.parquet": parquet(numbered(30))})
    before = state_of(two_tables)
    report = json.loads(command("preview", "--with-state", "--json"))
    assert {t["name"]: (t["to_read"]["objects"], t["objects_delivered"]) for t in report["tables"]} == {
        "a": (1, 1), "b": (0, 1), "c": (1, 0)}  # fmt: skip
    assert state_of(two_tables) == before
    report = json.loads(command("preview", "--json"))
    assert {t["name"]: t["to_read"]["objects"] for t in report["tables"]} == {"a": 2, "b": 1, "c": 1}
    assert "--with-state" in report["state"]


def test_preview_before_the_first_sync_shows_a_first_sync_and_makes_no_state_table(command, workspace, s3, bucket):
    put_all(s3, bucket, {"a/1.parquet": parquet(numbered(0))})
    report = json.loads(command("preview", "--with-state", "--json"))
    assert report["tables"][0]["to_read"]["objects"] == 1 and "a first sync" in report["state"]
    assert "cannot keep state" in command("state", "show", ok=False)


@pytest.mark.parametrize("change, error", [
    ({"path": "/no/such/plugin"}, "cannot start the plugin"),
    ({"path": "/bin/true"}, "does not start"),
    ({"registry": "docker"}, "only the CLI starts"),
    ({"registry": "cloudquery", "path": "cloudquery/duckdb", "version": "v1.0.0"}, "Sync once"),
    ({"spec": {}}, "refuses its spec"),
    ({"name": "other"}, "no destination of that name"),
])  # fmt: skip
def test_a_backend_that_cannot_be_used_is_an_error_that_says_what_to_do(command, workspace, spec, change, error):
    destination = workspace.destination("append")
    destination["spec"].update(change)
    source = workspace.source(spec(), tables=["*"], backend_options=BACKEND)
    assert error in command("state", "show", config=[source, destination], ok=False)


def test_a_source_without_a_backend_has_no_state(command, workspace, spec):
    assert "keeps no state" in command("state", "show", config=[workspace.source(spec())], ok=False)
