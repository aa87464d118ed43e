"""The state that a sync leaves in the destination."""

import duckdb

TABLE = "cq_state_s3"
MARKERS = f"{TABLE}_checkpoints"

# The destination keeps the state too.
BACKEND = {"table_name": TABLE, "connection": "@@plugins.duckdb.connection"}


def cursor_key(bucket, table):
    return f"s3/{bucket}/{table}/last_modified_cursor"


def delivered_key(bucket, table):
    return f"s3/{bucket}/{table}/delivered"


def objects_key(bucket, table, row=0, shard="1-of-1"):
    """Hashes of what was delivered."""
    return f"s3/{bucket}/{table}/objects/{shard}/{row}"


def schema_key(bucket, table):
    return f"s3/{bucket}/{table}/schema"


def state_of(run):
    """Key -> (value, version)."""
    if TABLE not in run.tables():
        return {}
    rows = run.query(f"SELECT key, value, version FROM {TABLE}")
    assert len({key for key, _, _ in rows}) == len(rows)
    return {key: (value, version) for key, value, version in rows}


def versions_of(run):
    return {key: version for key, (_, version) in state_of(run).items()}


def edit_state(workspace, sql, *parameters):
    """Changes the state table by hand, between two runs."""
    database = duckdb.connect(str(workspace.database))
    try:
        database.execute(sql.format(state=TABLE), list(parameters))
    finally:
        database.close()


def set_value(workspace, key, value):
    edit_state(workspace, "UPDATE {state} SET value = ? WHERE key = ?", value, key)


def numbers(run, table):
    """The values of column n, sorted; empty if there is no such table."""
    if table not in run.tables():
        return []
    return [n for (n,) in run.query(f'SELECT n FROM "{table}" ORDER BY n')]


def synced(workspace, spec, **options):
    """A sync with a backend that has to succeed."""
    run = workspace.sync(spec, **{"backend_options": BACKEND, **options})
    assert run.exit_code == 0, run.output
    return run
