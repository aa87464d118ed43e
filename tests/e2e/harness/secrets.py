"""The secrets that tests use, and the search for them in all that the programs under test leave behind.

A test, or a part of the harness, registers each secret before it is used. At the end of every test conftest.py searches
its tmp_path and the folders that are watched: logs, outputs, answers, and every row in the destination, state included.
Secrets that a test registers are forgotten when it ends, since no other test hands them to a program. The search of large
tables would take minutes with all of them.
"""

import base64
import contextlib
import functools
import json
import re
import secrets as random
import urllib.parse

import duckdb

# A shorter text would be found by chance.
LEAST_LENGTH = 8
DUCKDB_MAGIC = b"DUCK"
WITHOUT_TEXT = re.compile(
    r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\([\d,]+\)|BOOLEAN|DATE|TIME[A-Z_ ]*|INTERVAL|UUID"
)

_registered = {}
_allowed = set()
_watched = set()


def register(value, name="a secret"):
    """Returns the value. `name` is what a finding shows in its place."""
    assert len(value) >= LEAST_LENGTH, "too short to be searched for"
    _registered[value] = name
    return value


def with_login(url):
    """The URL with a user name and a password before the host, both registered."""
    user = register(f"user-{random.token_hex(8)}", "the user name in a URL")
    password = register(f"pass-{random.token_hex(8)}", "the password in a URL")
    scheme, rest = url.split("://", 1)
    return f"{scheme}://{user}:{password}@{rest}"


def allow(path):
    """Returns the path of a file that holds secrets because that is what it is for: a configuration."""
    _allowed.add(path)
    return path


def watch(folder):
    """Searched at the end of the running test, beside its tmp_path."""
    _watched.add(folder)
    return folder


@contextlib.contextmanager
def of_one_test():
    """Forgets the secrets that are registered inside of it. Those of the session's servers stay."""
    before = dict(_registered)
    try:
        yield
    finally:
        _registered.clear()
        _registered.update(before)


def leaks(folder):
    """What is found in a folder and the watched ones, which are then no longer watched."""
    folders = [folder, *_watched]
    _watched.clear()
    return [finding for each in folders for finding in found_in(each, _registered, _allowed)]


def found_in(folder, secrets, allowed=()):
    """One line for each file and secret in it. `secrets`: value -> name."""
    findings = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path not in allowed:
            names = _in_database(path, secrets) if _is_database(path) else _in_bytes(path.read_bytes(), secrets)
            findings += [f"{path}: {name}" for name in sorted(names)]
    return findings


@functools.cache
def _spellings(value):
    """How a secret may be written inside of something else."""
    return {
        value,
        urllib.parse.quote(value, safe=""),
        json.dumps(value)[1:-1],
        base64.b64encode(value.encode()).decode().rstrip("="),
        _as_blob(value),
    }


def _as_blob(value):
    """As DuckDB shows bytes."""
    plain = lambda byte: 32 <= byte < 127 and byte not in b"\"'\\"  # noqa: E731
    return "".join(chr(byte) if plain(byte) else f"\\x{byte:02X}" for byte in value.encode())


def _in_bytes(content, secrets):
    return {name for value, name in secrets.items() if any(s.encode() in content for s in _spellings(value))}


def _is_database(path):
    with open(path, "rb") as file:
        return file.read(12)[8:] == DUCKDB_MAGIC


def _in_database(path, secrets):
    """Its file is compressed, so every value of every table is asked for."""
    database = _connect(path)
    try:
        # One pass for all of them, since almost always there is none.
        if not secrets or not _matches(database, "|".join(map(_pattern, secrets))):
            return set()
        return {name for value, name in secrets.items() if _matches(database, _pattern(value))}
    finally:
        database.close()


def _connect(path):
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.ConnectionException:
        # A destination inside this process still has it open, for writing.
        return duckdb.connect(str(path))


def _text_columns(database):
    columns = database.execute(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
    ).fetchall()
    for schema, table, column, kind in columns:
        if not WITHOUT_TEXT.fullmatch(kind):
            yield f"{_quoted(schema)}.{_quoted(table)}", _quoted(column)


def _matches(database, pattern):
    return any(
        database.execute(
            f"SELECT count(*) FROM {table} WHERE regexp_matches(CAST({column} AS VARCHAR), ?)", [pattern]
        ).fetchone()[0]
        for table, column in _text_columns(database)
    )


def _pattern(value):
    escaped = lambda text: "".join(c if c.isalnum() else f"\\x{{{ord(c):x}}}" for c in text)  # noqa: E731
    return "|".join(sorted(map(escaped, _spellings(value))))


def _quoted(name):
    return '"' + name.replace('"', '""') + '"'
