"""Where things are."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / ".tools" / "bin"
MINIO = TOOLS / "minio"
CLI = TOOLS / "cloudquery"
DESTINATION = ROOT / "tests" / "e2e" / "destination" / "duckdb-destination"

# Another build, for instance one with sanitizers, can be put to the same tests.
SOURCE = Path(os.environ.get("CQ_SOURCE_BINARY") or ROOT / "build" / "cq-source-s3").absolute()


def one_file():
    """The one file of the release build (docs/one_file.md)."""
    files = list(ROOT.glob("build/one_file/cq-source-s3-*"))
    if len(files) != 1:
        raise FileNotFoundError(f"expected one file in build/one_file: {files}. Run `make dist` (or `make test`)")
    return files[0]


def require(path):
    """The path as text; a clear error if it is not there."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `make setup` and `make build` (or `make test`)")
    return str(path)
