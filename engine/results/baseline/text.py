"""The baseline's document with other lines in it: what is kept stands there to the letter, comments and all. Pure.

A line's block is its text from the dash on, and the comments directly above it go with it. Comments that an empty line
sets apart from what follows stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.errors import ResultsError
from engine.model.baseline import KnownFailure
from engine.results.baseline.revision import BaselineLine

HEAD = """\
# yaml-language-server: $schema=../schemas/known-failures.json
known-failures: Known failures
list:
"""
SELECTORS = ("servers", "frameworks", "loops", "gateways", "runtimes", "http")
WHERE = ("case", *SELECTORS, "versions")
_PLAIN = re.compile(r"[A-Za-z](?:[\w .()/'`+=<>-]|,(?= )|:(?=\S))*[\w)/\]]|[\w./-]+::[\w.\[\]-]+")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Block:
    """The text of one entry: comments set apart above it, those that belong to it, and its own rows."""

    apart: tuple[str, ...]
    above: tuple[str, ...]
    rows: tuple[str, ...]


def revised(text: str, old: Sequence[KnownFailure], lines: Sequence[BaselineLine]) -> str:
    """The document's text with these lines in this order. ``old`` are the lines as they were read from ``text``. Raises
    ResultsError where the list is not written as a line after a dash each."""
    text = text or HEAD
    head, blocks, tail = taken_apart(text.rstrip("\n").split("\n"), old)
    margin = blocks[0].rows[0][: _indent(blocks[0].rows[0])] if blocks else "  "
    left = {id(line.old) for line in lines if line.old is not None}
    out: list[str] = []
    apart: list[str] = []
    own = {id(known): block for known, block in zip(old, blocks, strict=True)}
    kept_apart: dict[int, list[str]] = {}
    for known in old:
        apart += own[id(known)].apart
        if id(known) in left:
            kept_apart[id(known)], apart = apart, []
    for line in lines:
        block = own[id(line.old)] if line.old is not None else None
        out += kept_apart.pop(id(line.old), []) if line.old is not None else []
        if block is None or line.old is None:
            out += fresh(line.failure, margin)
        elif line.kept:
            out += [*block.above, *block.rows]
        elif id(line.old) in left:
            out += [*block.above, *changed(block.rows, line.failure, margin)]
            left.discard(id(line.old))
        else:
            out += fresh(line.failure, margin)
    key = next(index for index in reversed(range(len(head))) if head[index].startswith("list:"))
    head[key] = "list:" if out else "list: []"
    return "\n".join([*head, *out, *apart, *tail]).rstrip("\n") + "\n"


def taken_apart(rows: list[str], old: Sequence[KnownFailure]) -> tuple[list[str], list[Block], list[str]]:
    """The rows above the first line, the blocks, and the rows below the last one. Raises ResultsError where the list is
    no block of dashes."""
    if not old:
        key = next((index for index, row in enumerate(rows) if row.startswith("list:")), len(rows) - 1)
        return rows[: key + 1], [], rows[key + 1 :]
    starts: list[int] = []
    for line in old:
        start = line.place.line - 1
        while start > 0 and not rows[start].lstrip().startswith("-"):
            start -= 1
        if start in (0, *starts):
            hint = "write each of its lines below the other, after a dash"
            raise ResultsError("the baseline's list is written in brackets", hint=hint)
        starts.append(start)
    margin = _indent(rows[starts[0]])
    blocks = []
    key = next(index for index in reversed(range(starts[0])) if rows[index].startswith("list:"))
    before = key + 1
    for start, following in zip(starts, [*starts[1:], len(rows)], strict=True):
        end = start + 1
        for index in range(start + 1, following):
            if not rows[index].strip():
                continue
            if _indent(rows[index]) <= margin:
                break
            end = index + 1
        above = start
        while above > before and rows[above - 1].lstrip().startswith("#"):
            above -= 1
        blocks.append(Block(tuple(rows[before:above]), tuple(rows[above:start]), tuple(rows[start:end])))
        before = end
    return rows[: key + 1], blocks, rows[before:]


def changed(rows: Sequence[str], new: KnownFailure, margin: str) -> list[str]:
    """A block with other targets: every other row stays as it is. One in braces is rewritten."""
    key = re.compile(rf"{margin}(?:  |- +)([a-z_]+):")
    starts = [(index, found[1]) for index, row in enumerate(rows) if (found := key.match(row))]
    if not starts:
        return fresh(new, margin)
    rest: list[str] = []
    for (start, name), end in zip(starts, [*(start for start, _ in starts[1:]), len(rows)], strict=True):
        part = rows[start:end]
        rest += [row for row in part if row.lstrip().startswith("#")] if name in WHERE else part
    dash = re.compile(rf"{margin}- +")
    return [*_dashed(_where(new), margin), *(dash.sub(f"{margin}  ", row, count=1) for row in rest)]


def fresh(failure: KnownFailure, margin: str) -> list[str]:
    """The rows of an entry that is rewritten."""
    rows = _where(failure)
    if failure.framework_versions:
        rows.append(f"framework_versions: {in_quotes(failure.framework_versions)}")
    if failure.until is not None:
        rows.append(f"until: {in_quotes(failure.until.isoformat())}")
    if failure.sometimes:
        rows.append("sometimes: true")
    for key in ("because", "link", "observed"):
        if value := getattr(failure, key):
            rows.append(f"{key}: {quoted(value) if key != 'link' else value}")
    return list(_dashed(rows, margin))


def _where(failure: KnownFailure) -> list[str]:
    rows = [f"case: {quoted(failure.case)}"]
    for key in SELECTORS:
        if names := getattr(failure.selector, key):
            rows.append(f"{key}: [{', '.join(word(name) for name in names)}]")
    if failure.versions:
        rows.append(f"versions: {in_quotes(failure.versions)}")
    return rows


def _dashed(rows: Iterable[str], margin: str) -> Iterable[str]:
    return [f"{margin}{'  ' if index else '- '}{row}" for index, row in enumerate(rows)]


def quoted(text: str) -> str:
    """A text as a scalar of the language: plain where that can be read in one way only, else in quotes."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else in_quotes(text)


def in_quotes(text: str) -> str:
    """A text in double quotes, with YAML's escapes for everything but plain letters, digits and signs."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return f"\\{char}"
    if 0x20 <= code < 0x7F or (code > 0xA0 and char.isalnum()):
        return char
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def word(name: str) -> str:
    """A name inside brackets."""
    return name if _WORD.fullmatch(name) and name.lower() not in _WORDS else in_quotes(name)


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" "))
