"""Plain English: the sentences and the words of docstrings, messages, help and documentation.

Two rules, for everything that a reader of this project meets outside of its YAML:

- At most one sentence in a hundred begins with What, Whether, Who, How, Where or Nobody. Such a sentence puts a
  relative clause where a noun belongs ("What is left over is dropped" for "The rest is dropped").
- No term of ``TERMS``. Each is a private word of this project for something that has a usual name.

The rules read the docstrings and the string literals of engine/, frameworks/ and benchmarks/, the docstrings of tests/,
and the Markdown of README.md, CONTRIBUTING.md and docs/. Code is left out: fenced and indented blocks, and words in
backticks, so that identifiers such as `alone` and `control` keep their names.

    python -m tests.test_prose              the number of offences of each room
    python -m tests.test_prose engine/app   the offences of a room: file, line, term, and the words around it
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("engine", "asgi_conformance_pytest.py", "frameworks", "benchmarks", "tests")
PAGES = ("README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md"))))
MOST = 0.01

OPENING = re.compile(r"(?:What|Whether|Who|Whose|How|Where|Nobody)\b")
# A message may begin in lower case.
OPENING_OF_A_MESSAGE = re.compile(OPENING.pattern, re.IGNORECASE)

# Left-column terms of the glossary: the pattern of the private sense, and the usual term. Many of the words are
# ordinary English elsewhere ("the whole file", "a control character", "stands alone"): the pattern spares that sense.
TERMS: Mapping[str, tuple[str, str]] = {
    "red": (r"(?<!bold )(?<!dim )\bred\b", "failing"),
    "tell": (r"\b(?:tells?|told|telling)\b", "report, show, distinguish, pass"),
    "mend": (r"\bmend(?:s|ed|ing)?\b", "fix"),
    "broke": (
        r"\bbroke (?:down|off|the build)\b|\b(?:itself|server|engine) broke\b|\bthat broke\b",
        "failed, regressed",
    ),
    "whose fault": (r"\bwhose fault\b", "cause"),
    "by hand": (r"\bby hand\b", "reproduce, manually"),
    "be had": (r"\bbe had\b|\bis had\b|\bare had\b", "available, in use"),
    "look at": (r"\blook(?:s|ed|ing)? at\b", "check, read, see"),
    "judged": (r"\bjudged\b", "checked, ran"),
    # "the whole file" is English; "is read whole", "the run was not whole" is not.
    "whole": (
        r"\bwhole(?=\s*(?:[.,;:)]|$|\b(?:and|or|but|with|by|in|at|before|after|where|when|to|on|from|as|is|are|again)\b))"
        r"(?<!as a whole)",
        "complete, in full",
    ),
    "anew": (r"\banew\b", "again"),
    "beside": (r"\bbesides?\b", "also, apart from, next to, alongside"),
    "company": (r"\bcompany\b", "concurrent"),
    "alone": (r"(?<!stand )(?<!stands )(?<!leave )(?<!left )(?<!let )\balone\b(?!:)", "only, in isolation, exclusive"),
    # A control character, a control frame and flow control are the standards' own words.
    "the control": (
        r"(?<![-\w])(?<!flow )(?<!access )(?<!cache )\bcontrols?(?:'s)?\b(?!-)"
        r"(?!\s*(?:frames?|characters?|bytes?|flow|block|codes?|sequences?|over|the|how|what|which))",
        "the bare app",
    ),
    "the reference": (
        r"\b(?:the|a) reference(?:'s)?(?!-)\b(?!\s*(?:server|implementation|to\b|of\b|for\b))",
        "the reference server",
    ),
    "come to": (r"\b(?:comes?|came|coming) to\b|\bwhat (?:came|comes|became|becomes) of\b", "is, ends as, result"),
    "square": (r"\bsquares?\b(?! bracket)", "cell"),
    "crossed": (r"\bwhat (?:has |had )?crossed\b|\ball that crossed\b", "traffic"),
    "way in": (r"\bway in\b", "route"),
    "act": (r"\b(?:an|the|each|every|no|this|script's|its|that) acts?\b(?! (?:on|as|upon)\b)", "action"),
    "kind": (r"\b(?:step|driver) kinds?\b|\bkind's\b|\bkinds'|\b[Aa] kind\b(?! of)", "step type"),
    "notation": (r"\bnotations?\b", "literal"),
    "line of the baseline": (r"\blines? (?:of|in) the baseline\b|\bbaseline's lines?\b", "entry"),
    "mistake": (r"\bmistakes?\b", "error"),
    "settled by": (r"\bsettled by\b", "to find out, run"),
    "listens": (r"\b[Nn]obody listens\b|\bnothing listens\b", "connection refused"),
    "want of": (r"\b(?:for|in) want of\b", "without"),
    "warden": (
        r"\b(?:wardens?|keepers?|desks?|workshops?|tally|tallies)\b",
        "supervisor, PortReservation, ObserverSpool",
    ),
}

# What no term can match in is not searched term by term.
ANY_TERM = re.compile("|".join(pattern for pattern, _ in TERMS.values()), re.IGNORECASE)

# Names of the house's glossary that no class may have again.
OLD_CLASSES = re.compile(
    "_*(?:Kind|KindLike|Unmet|Stretch|Performed|Stop|Memory|Tally|Branch|Company|Ended|Facts|Desk|Story|Moment|Octets|Blob"
    "|Foreign|Hello|Trust|Agreed|Place|Places|Front|Asked|Told|Book|Kept|Seal|Keeper|Gate|Site|Setting|Reach|Early)"
)

# (term, words around it): a text that has these words keeps the term. Each with its reason.
ALLOWED: tuple[tuple[str, str, str], ...] = (
    ("whose fault", "whose-fault", "docs/whose-fault.md keeps its name, since others link to it"),
    ("warden", "ENGINE_DESK", "the variable keeps its name, since users set it"),
    ("warden", "@HOME@/desk", "a path in a container, and no prose"),
    ("warden", "docker/desks.yml", "the file keeps its name, since users name it"),
    ("warden", "/tmp/desks", "a path of the user's choice, in an example"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of prose. ``place`` is its file, ``line`` its first line; ``kind`` is docstring, message or page."""

    place: str
    line: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Offence:
    """A sentence or a term that a rule forbids. ``term`` is a key of ``TERMS``, or ``opening``."""

    place: str
    line: int
    term: str
    words: str

    def __str__(self) -> str:
        better = f" (better: {TERMS[self.term][1]})" if self.term in TERMS else ""
        return f"{self.place}:{self.line}: {self.term}{better}: {self.words}"


def nodes_of(tree: ast.Module, *, statements: bool) -> Iterator[ast.AST]:
    """The nodes of a tree, or its ``statements`` alone, which are a tenth. A node comes before what it contains."""
    if not statements:
        yield from ast.walk(tree)
        return
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))


def docstrings_and_messages(path: Path) -> Iterator[Text]:
    """The docstrings of a module, and its literals of two words or more. A placeholder of an f-string reads ``X``. Of
    tests, only the docstrings: their literals are the data that they test."""
    place = path.relative_to(ROOT).as_posix()
    seen: set[int] = set()
    in_tests = place.startswith("tests/")
    for node in nodes_of(ast.parse(path.read_text(encoding="utf-8")), statements=in_tests):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                seen.add(id(first.value))
                yield Text(place, first.lineno, "docstring", first.value.value)
        elif in_tests or id(node) in seen:
            continue
        elif isinstance(node, ast.JoinedStr):
            seen.update(id(part) for part in ast.walk(node))
            parts = (part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield Text(place, node.lineno, "message", "".join(str(part) for part in parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield Text(place, node.lineno, "message", node.value)


def blank(match: re.Match[str]) -> str:
    """As many line ends as the match has, so that later lines keep their numbers."""
    return "\n" * match[0].count("\n")


def without_literal_blocks(text: str) -> str:
    """A docstring in which the lines of each block after ``::`` are empty."""
    lines, border = [], -1
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent <= border:
            border = -1
        lines.append("" if border >= 0 else line)
        if border < 0 and line.rstrip().endswith("::"):
            border = indent
    return "\n".join(lines)


def prose(text: Text) -> str:
    """The text without its code: fenced and indented blocks, words in backticks, comments, and targets of links."""
    plain = without_literal_blocks(text.text) if text.kind == "docstring" and "::" in text.text else text.text
    if text.kind != "page" and "`" not in plain:
        return plain
    if text.kind == "page":
        plain = re.sub(r"^```.*?^```$", blank, plain, flags=re.DOTALL | re.MULTILINE)
        plain = re.sub(r"<!--.*?-->", blank, plain, flags=re.DOTALL)
        plain = re.sub(r"(?:^|(?<=\n\n))(?: {4}.*\n?)+", blank, plain)
        plain = re.sub(r"\]\([^)]*\)", "]", plain)
    return re.sub(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", lambda match: "`x`" + blank(match), plain, flags=re.DOTALL)


def sentences(text: Text) -> Iterator[tuple[int, str]]:
    """The sentences of a text, with the offset of their lines. A cell of a table and an item of a list are one each.
    Headings are none."""
    plain = prose(text)
    border = r"\n\s*\n|\n\s*(?=[-*|] |\d+\. |#)|(?<=[.!?:])\s+(?=[A-Z\"'`*\[])"
    if text.kind == "page":
        border += r"|\|"
    start = 0
    for match in [*re.finditer(border, plain), None]:
        end = match.start() if match else len(plain)
        piece = plain[start:end]
        if text.kind == "page" and piece.lstrip().startswith("#"):
            start = match.end() if match else end
            continue
        bare = piece.strip(" \n|*_-#\"'[(").removeprefix("1. ")
        if len(bare.split()) > 2 and "---" not in bare:
            yield plain.count("\n", 0, start + len(piece) - len(piece.lstrip())), " ".join(bare.split())
        start = match.end() if match else end


def allowed(term: str, words: str) -> bool:
    return any(name == term and around in words for name, around, _ in ALLOWED)


def offences(text: Text) -> Iterator[Offence]:
    opening = OPENING if text.kind == "docstring" else OPENING_OF_A_MESSAGE
    for offset, sentence in sentences(text):
        if opening.match(sentence) and not allowed("opening", sentence):
            yield Offence(text.place, text.line + offset, "opening", sentence[:90])
    plain = prose(text)
    if not ANY_TERM.search(plain):
        return
    for term, (pattern, _) in TERMS.items():
        for match in re.finditer(pattern, plain, re.IGNORECASE):
            words = " ".join(plain[max(0, match.start() - 40) : match.end() + 40].split())
            if not allowed(term, words):
                yield Offence(text.place, text.line + plain.count("\n", 0, match.start()), term, words)


def room_of(place: str) -> str:
    """``engine/steps/http1/step.py`` -> ``engine/steps``; ``docs/language.md`` -> ``docs``; else the first name."""
    parts = place.split("/")
    return "/".join(parts[:2]) if parts[0] == "engine" else parts[0]


# Listed without reading a file, so that collecting this module costs nothing.
ROOMS = tuple(
    sorted(
        {
            room_of(path.relative_to(ROOT).as_posix())
            for path in (ROOT / "engine").iterdir()
            if path.suffix in ("", ".py")
        }
        - {"engine/__pycache__"}
        | {room_of(place) for place in (*CODE[1:], *PAGES)}
    )
)


@cache
def texts_of(room: str) -> tuple[Text, ...]:
    """The prose of a room, file by file."""
    if room == "docs" or room.endswith(".md"):
        pages = [page for page in PAGES if room_of(page) == room]
        return tuple(Text(page, 1, "page", (ROOT / page).read_text(encoding="utf-8")) for page in pages)
    top = ROOT / room
    paths = [top] if top.is_file() else sorted(top.rglob("*.py"))
    return tuple(text for path in paths if path != Path(__file__) for text in docstrings_and_messages(path))


@cache
def found_in(room: str) -> tuple[Offence, ...]:
    return tuple(offence for text in texts_of(room) for offence in offences(text))


def figures(room: str) -> tuple[int, int, int]:
    """The sentences of a room, those with a forbidden opening, and the terms."""
    openings = sum(offence.term == "opening" for offence in found_in(room))
    return sum(1 for text in texts_of(room) for _ in sentences(text)), openings, len(found_in(room)) - openings


@pytest.mark.parametrize("room", ROOMS)
def test_no_term_of_the_glossary_stands_in_prose(room: str) -> None:
    found = [str(offence) for offence in found_in(room) if offence.term != "opening"]
    assert not found, "\n".join(found)


def test_hardly_a_sentence_begins_with_a_relative_clause() -> None:
    total = sum(figures(room)[0] for room in ROOMS)
    found = [str(offence) for room in ROOMS for offence in found_in(room) if offence.term == "opening"]
    assert len(found) <= MOST * total, "\n".join(found)


def test_no_class_has_a_name_of_the_old_glossary() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path in sorted((ROOT / "engine").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and OLD_CLASSES.fullmatch(node.name)
    ]
    assert not named


@pytest.mark.parametrize(
    ("kind", "text", "terms"),
    [
        ("docstring", "What is left over is dropped. The rest stays.", ["opening"]),
        ("docstring", "The rest. Where it is long, it is cut.", ["opening"]),
        ("message", "how many jobs run", ["opening"]),
        ("message", "X is red", ["red"]),
        ("message", "the style `red`", []),
        ("page", "The control passes.\n\n    the control\n\n```\nthe control\n```\n", ["the control"]),
        ("page", "A control character, a control frame, `control`.", []),
        ("page", "| a b c | where it is kept |", ["opening"]),
        ("page", "[cause](whose-fault.md) of a failure", []),
        ("docstring", "It reads the whole file. It is read whole.", ["whole"]),
        ("docstring", "A table::\n\n    judged  red\n\nIt is red.", ["red"]),
        ("docstring", "The reference server; the reference passes.", ["the reference"]),
    ],
)
def test_the_rules_find_and_spare(kind: str, text: str, terms: list[str]) -> None:
    assert [offence.term for offence in offences(Text("here.md", 1, kind, text))] == terms


def main(names: list[str]) -> int:
    """Print the offences of the rooms or paths named, or the figures of all rooms."""
    if names:
        for room in ROOMS:
            for offence in found_in(room):
                if any(offence.place.startswith(name.rstrip("/")) for name in names):
                    print(offence)
        return 0
    total: Counter[str] = Counter()
    for room in ROOMS:
        whole, openings, terms = figures(room)
        total.update(sentences=whole, openings=openings, terms=terms)
        print(f"{room:28} {whole:6} sentences {openings:5} openings {terms:5} terms")
    print(f"{'all':28} {total['sentences']:6} sentences {total['openings']:5} openings {total['terms']:5} terms")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
