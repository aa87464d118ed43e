"""The documentation names only files, tests and targets that exist, and its configurations are valid."""

import functools
import re
import subprocess

import pytest
import yaml
from harness import paths

PAGES = sorted(
    [*paths.ROOT.glob("*.md"), *paths.ROOT.glob("docs/*.md"), *paths.ROOT.glob("packaging/**/*.md")],
    key=str,
)
# Pages that name tests, and the files of the tests for which a line names no file. None: any file.
TEST_PAGES = {"reliability.md": ("test_faults.py", "test_bad_files.py"), "conformance.md": (), "SECURITY.md": None}

PATH = re.compile(r"(?<![\w./<>{}*-])[\w.-]+(?:/[\w.*-]+)+/?")
TEST_FILE = re.compile(r"(?:[\w.-]+/)*(?:test_\w+\.py|\w+_test\.cc)")
PYTHON_TEST = re.compile(r"test_\w+")
CPP_TEST = re.compile(r"(?:[A-Z][a-z0-9]*){3,}")


def name_of(page):
    return str(page.relative_to(paths.ROOT))


@functools.cache
def tracked():
    """The files of the repository, those that are new included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=paths.ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [f for f in listed.stdout.splitlines() if (paths.ROOT / f).exists()]


@functools.cache
def text_of(file):
    return (paths.ROOT / file).read_text()


def code_spans(text):
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def exists(path):
    """Whether a file or folder of the repository is there; `*` stands for any characters."""
    pattern = re.compile(re.escape(path.rstrip("/")).replace(r"\*", "[^/]*") + "(/.*)?")
    return any(pattern.fullmatch(file) for file in tracked())


def find_tests(file):
    """The test files of that path or name."""
    return [f for f in tracked() if f == file or ("/" not in file and f.endswith("/" + file))]


def defines(file, test):
    if file.endswith(".py"):
        return re.search(rf"^def {test}\(", text_of(file), re.MULTILINE)
    return re.search(rf"\bTEST(?:_F|_P)?\(\w+,\s*{test}\)", text_of(file))


def slug(heading):
    """The anchor of a heading."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page):
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_a_page_names_exists(page):
    rooms = {file.split("/")[0] for file in tracked() if "/" in file}
    spans = code_spans(page.read_text())
    named = {p for span in spans for p in PATH.findall(span) if p.split("/")[0] in rooms and "://" not in span}
    missing = sorted(p for p in named if not exists(p))
    missing += sorted(f for span in spans for f in TEST_FILE.findall(span) if "/" not in f and not find_tests(f))
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page):
    text = page.read_text()
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_target_of_make_that_a_page_names_exists(page):
    targets = set(re.findall(r"^([a-z][\w-]*):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z][\w-]*)|`make ([a-z][\w-]*)", page.read_text(), re.MULTILINE))
    assert {a or b for a, b in named} <= targets


@pytest.mark.parametrize("page", [p for p in PAGES if p.name in TEST_PAGES], ids=name_of)
def test_every_test_that_a_page_names_exists(page):
    """A test is in the file that its line names before it, or else in any file that the line names."""
    defaults = TEST_PAGES[page.name]
    anywhere = [f for f in tracked() if f.startswith("tests/e2e/test_")]
    checked = 0
    missing = []
    for line in page.read_text().splitlines():
        on_line = [f for name in TEST_FILE.findall(line) for f in find_tests(name)]
        otherwise = anywhere if defaults is None else on_line or [f for name in defaults for f in find_tests(name)]
        before = []
        for span in code_spans(line):
            if TEST_FILE.fullmatch(span):
                before = find_tests(span) if defaults is not None else []
            elif PYTHON_TEST.fullmatch(span) or (CPP_TEST.fullmatch(span) and before):
                checked += 1
                if not any(defines(f, span) for f in before or otherwise):
                    missing.append(span)
    assert missing == []
    assert checked > 0


SOURCE_PLACE = {"registry", "path", "version"}


def configurations():
    """Each block of YAML."""
    return [
        pytest.param(block, id=f"{name_of(page)}-{number}")
        for page in PAGES
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL), 1)
    ]


@pytest.mark.parametrize("block", configurations())
def test_every_configuration_of_a_page_is_valid(workspace, block):
    """A source as it stands, but for where it comes from; of destinations, which are not installed, what the CLI itself knows."""
    documents = list(yaml.safe_load_all(block))
    (source,) = [d["spec"] for d in documents if d["kind"] == "source"]
    destinations = {d["spec"]["name"]: d["spec"] for d in documents if d["kind"] == "destination"}
    assert len(documents) == 1 + len(destinations)
    assert {"name", "registry", "path", "tables", "destinations", "spec"} <= set(source)
    own = workspace.source(source.pop("spec"), **{k: v for k, v in source.items() if k not in SOURCE_PLACE})
    (name,) = source["destinations"]
    stand_in = workspace.destination("append")
    if destinations:
        (documented,) = destinations.values()
        assert {"registry", "path", "version", "write_mode", "spec"} <= set(documented)
        assert documented["path"] == f"cloudquery/{name}"
        stand_in["spec"]["write_mode"] = documented["write_mode"]
    stand_in["spec"]["name"] = name
    run = workspace.run("validate-config", [own, stand_in], environment={"EXTERNAL_ID": "a1b2c3"})
    assert run.exit_code == 0, run.output
