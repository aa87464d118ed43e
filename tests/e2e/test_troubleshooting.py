"""docs/troubleshooting.md has the text of every error of the sources, and no text that is gone."""

import functools
import re

from harness import paths

PAGE = paths.ROOT / "docs" / "troubleshooting.md"
ROOMS = ("base", "s3", "formats", "cloudquery", "source", "launcher")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# What makes an error, beside the functions of the project that pass a text on to them.
MAKERS = {"MakeError", "Invalid", "IOError", "OutOfMemory", "NotImplemented"}
PASSES_ON = re.compile(r"\b(?:MakeError|Status::(?:Invalid|IOError))\(")
# Errors that are not made of the literals of one call: where a table or a list of them stands.
TABLES = {
    "s3/xml/error_xml.cc": r"\bMeaning k\w+ = ",
    "s3/http/transport_failure.cc": r"\bMeaning(?={)",
    "source/tables/discovery.cc": r"clashes\.push_back",
}
# A piece of text that is shorter could be anywhere.
LEAST_LENGTH = 8


def sources():
    folders = [file for room in ROOMS for file in sorted((paths.ROOT / room).rglob("*"))]
    return [f for f in [*folders, paths.ROOT / "main.cc"]
            if f.suffix in (".cc", ".h") and not f.name.endswith("_test.cc") and "testing" not in f.parts]


def code_of(file):
    """Without comments, and with string literals that follow each other joined."""
    code = re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*', lambda m: m[1] or "", file.read_text())
    return re.sub(r'(?<!\\)"\s+"', "", code)


def inside(code, opening):
    """What is between a bracket and the one that closes it."""
    depth = 0
    at = opening
    while at < len(code):
        literal = LITERAL.match(code, at)
        if literal:
            at = literal.end()
            continue
        depth += (code[at] in "({[") - (code[at] in ")}]")
        if depth == 0:
            return code[opening + 1 : at]
        at += 1
    return code[opening:]


def normalized(text):
    return re.sub(r"\s+", " ", text.replace('\\"', '"').replace("\\\\", "\\")).strip()


def pieces_of(text):
    """The first sentence of a text is what happened; what to do follows."""
    sentence = re.split(r"(?<=\w)[.;](?: |$)", normalized(text).lstrip(":;,. "))[0]
    return sentence.strip(' ".,:;()')


@functools.cache
def errors():
    """(file, the pieces of text of one error) for each place that makes an error of literals."""
    codes = {str(file.relative_to(paths.ROOT)): code_of(file) for file in sources()}
    makers = set(MAKERS)
    for code in codes.values():
        for found in re.finditer(r"arrow::Status\s+(?:\w+::)*(\w+)\([^;{}]*?\)\s*(?:const\s*)?\{", code):
            body = inside(code, found.end() - 1)
            if PASSES_ON.search(body) and len(body) < 900 and "ARROW_RETURN_NOT_OK" not in body:
                makers.add(found[1])
    result = []
    for file, code in codes.items():
        calls = [m.end() - 1 for m in re.finditer(rf"\b(?:{'|'.join(sorted(makers))})\(", code)]
        if file in TABLES:
            entries = [m.end() for m in re.finditer(TABLES[file], code)]
            assert entries, f"there is no {TABLES[file]} in {file}"
            calls += entries
        for opening in calls:
            pieces = [pieces_of(text) for text in LITERAL.findall(inside(code, opening))]
            # Names of settings and codes of services have no blank.
            pieces = [p for p in pieces if len(p) >= LEAST_LENGTH and " " in p]
            if pieces:
                result.append((file, pieces))
    return result


def documented():
    """The texts of the page, cut where something varies."""
    spans = re.findall(r"`([^`\n]+)`", PAGE.read_text())
    return [normalized(piece).strip(' ".,:;()') for span in spans for piece in span.split("…")]


def test_the_page_has_the_text_of_every_error():
    page = documented()
    missing = [f"{file}: {pieces}" for file, pieces in errors() if not any(p in d for p in pieces for d in page)]
    assert missing == [], "add a row with error, cause and cure to docs/troubleshooting.md"
    assert len(errors()) > 150


def test_every_text_of_the_page_is_in_the_sources():
    every_text = "\n".join(normalized(text) for file in sources() for text in LITERAL.findall(code_of(file)))
    first_cells = [line.split(" | ")[0] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    gone = [
        piece
        for cell in first_cells
        for span in re.findall(r"`([^`\n]+)`", cell)
        for piece in (normalized(p).strip(' ".,:;()') for p in span.split("…"))
        if len(piece) >= LEAST_LENGTH and " " in piece and piece not in every_text
    ]
    assert gone == []
    assert len(first_cells) > 80
