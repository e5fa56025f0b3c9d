"""Python source: literals, identifiers, and lines of a limited width. Pure."""

from __future__ import annotations

import builtins
import io
import keyword
import re
import tokenize
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

WIDTH = 100
# A run of the same bytes of this length is written as a product.
RUN = 64
REPEATED = re.compile(rb"(.{1,32}?)\1{15}", re.DOTALL)
LINES = re.compile(rb"[^\n]*\n|[^\n]+")


class CannotUnroll(Exception):
    """A part of a case has no form in plain Python; the message says which, as a sentence."""


def bytes_literal(data: bytes, known: Mapping[bytes, str] | None = None) -> str:
    """An expression for bytes: a literal with one line for each line of the data, runs as products. ``known`` are
    expressions for long byte strings, such as random ones."""
    for part, expression in (known or {}).items():
        before, found, after = data.partition(part)
        if found:
            pieces = [bytes_literal(one, known) for one in (before, after) if one]
            parts = [*pieces[: bool(before)], expression, *pieces[bool(before) :]]
            return " + ".join(f"({one})" if "\n" in one and len(parts) > 1 else one for one in parts)
    found_parts: list[str] = []
    at = 0
    for start, end, unit in runs(data):
        if end - start < RUN:
            continue
        if start > at:
            found_parts.append(plain_bytes(data[at:start]))
        found_parts.append(f"{unit!r} * {(end - start) // len(unit)}")
        at = end
    if at < len(data) or not found_parts:
        found_parts.append(plain_bytes(data[at:]))
    return " + ".join(f"({one})" if "\n" in one and len(found_parts) > 1 else one for one in found_parts)


def runs(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The start and end of each run of at least 16 equal pieces of at most 32 bytes, with the piece."""
    end = 0
    while len(data) - end >= RUN and (found := REPEATED.search(data, end)) is not None:
        # An expression counts each piece of megabytes; many pieces at a time are compared in no time.
        unit, end = found[1], found.end()
        for step in (unit * 4096, unit):
            while data.startswith(step, end):
                end += len(step)
        yield found.start(), end, unit


def plain_bytes(data: bytes) -> str:
    """A literal for bytes; of several lines, one literal for each."""
    rows = [repr(row) for row in pieces(data)]
    return rows[0] if len(rows) == 1 else "\n".join(rows)


def pieces(data: bytes) -> list[bytes]:
    """Bytes by lines, long lines cut."""
    rows = [match[0] for match in LINES.finditer(data)] or [b""]
    # A last line of only CRLF stands alone, as the end of a head does.
    return [row[at : at + 64] for row in rows for at in range(0, max(len(row), 1), 64)]


def double_quoted(text: str) -> str:
    """Source with double quotes around literals, where these need no escape for it."""
    lines = text.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        if token.type != tokenize.STRING or token.start[0] != token.end[0]:
            continue
        found = re.fullmatch(r"([a-z]*)'((?:[^'\"\\]|\\[^'\"])*)'", token.string)
        if found is not None:
            row, start, end = token.start[0] - 1, token.start[1], token.end[1]
            lines[row] = f'{lines[row][:start]}{found[1]}"{found[2]}"{lines[row][end:]}'
    return "\n".join(lines)


def identifier(name: str, taken: Collection[str]) -> str:
    """A Python name from a name of the language, different from those that are taken."""
    found = re.sub(r"\W", "_", name)
    if not found or found[0].isdigit():
        found = f"step_{found}"
    while found in taken or keyword.iskeyword(found) or hasattr(builtins, found):
        found += "_"
    return found


def wrapped(line: str, indent: int = 0) -> list[str]:
    """A statement in lines of at most WIDTH characters, as far as brackets and commas allow; literals that have several
    lines are put one below the other."""
    space = "    " * indent
    if "\n" not in line and len(space) + len(line) <= WIDTH:
        return [space + line]
    split = outer(line)
    if split is None:
        if line.startswith("from ") and " import " in line and "\n" not in line:
            module, _, names = line.partition(" import ")
            return [
                f"{space}{module} import (",
                *(f"{space}    {one.strip()}," for one in names.split(",")),
                f"{space})",
            ]
        return [space + one for one in line.split("\n")]
    head, arguments, tail = split
    if len(arguments) == 1 and not tail.strip(")]}") and (inner := outer(arguments[0])) is not None:
        return wrapped_inside(head, arguments[0], tail, indent, inner)
    lines = [space + head]
    for argument in arguments:
        lines += wrapped(f"{argument},", indent + 1) if len(arguments) > 1 else wrapped(argument, indent + 1)
    if len(arguments) == 1 and head.endswith("(") is False:
        lines[-1] += "," if not lines[-1].endswith(",") else ""
    return [*lines, space + tail]


def wrapped_inside(head: str, argument: str, tail: str, indent: int, inner: tuple[str, list[str], str]) -> list[str]:
    """A call with one argument that is itself bracketed: the brackets hug."""
    space = "    " * indent
    lines = [space + head + inner[0]]
    for one in inner[1]:
        lines += wrapped(f"{one},", indent + 1) if len(inner[1]) > 1 else wrapped(one, indent + 1)
    del argument
    return [*lines, space + inner[2] + tail]


def outer(line: str) -> tuple[str, list[str], str] | None:
    """The text up to the first outermost bracket that has contents, its arguments, and the rest; None without any."""
    tokens = tokens_of(line)
    if tokens is None:
        return None
    depth, start = 0, -1
    commas: list[int] = []
    last: tuple[int, int, list[int]] | None = None
    for kind, text, at in tokens:
        if kind != tokenize.OP:
            continue
        if text in "([{":
            if depth == 0:
                start, commas = at, []
            depth += 1
        elif text in ")]}":
            depth -= 1
            if depth == 0 and at > start + 1:
                last = (start, at, commas)
        elif text == "," and depth == 1:
            commas.append(at)
    if last is None:
        return None
    begin, end, found = last
    edges = [begin, *found, end]
    arguments = [line[a + 1 : b].strip() for a, b in pairwise(edges)]
    return line[: begin + 1], [one for one in arguments if one], line[end:]


def tokens_of(line: str) -> Sequence[tuple[int, str, int]] | None:
    """The tokens of an expression with their offsets; None for what is no Python."""
    offsets = [0]
    for row in line.split("\n"):
        offsets.append(offsets[-1] + len(row) + 1)
    # Literals below each other are one expression inside brackets, as they always are in the end.
    text = f"({line}\n)"
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            number, column = token.start
            at = offsets[number - 1] + column - (1 if number == 1 else 0) if number < len(offsets) else len(line)
            found.append((token.type, token.string, at))
    except (tokenize.TokenError, SyntaxError, IndexError):
        return None
    # Without the brackets that were added.
    return [one for one in found[1:] if one[2] < len(line)]
