"""What a mistake of YAML's syntax means, in words that help. libyaml's own say what its parser was waiting for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.loading.scalars import Surprise

_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a colon cannot stand here",
        "quote the text that holds `: `, or mend the indentation",
    ),
    (
        "did not find expected ',' or '}'",
        "the {...} is not closed, or a comma is missing",
        "close it, or quote a text with a bracket in it",
    ),
    (
        "did not find expected ',' or ']'",
        "the [...] is not closed, or a comma is missing",
        "close it, or quote a text with a bracket in it",
    ),
    (
        "did not find expected key",
        "this does not fit the keys before it",
        "line it up with them, and quote a text that goes on after a closing quote",
    ),
    (
        "did not find expected '-' indicator",
        "this is no item of the list before it",
        "start the line with `- `, or mend the indentation",
    ),
    ("did not find expected node content", "a value is missing here", "write one"),
    ("block sequence entries are not allowed", "a list cannot start here", "put its first `- ` on a line of its own"),
    ("could not find expected ':'", "a colon is missing after a key", "write `key: value`"),
    ("unexpected end of stream", "the quoted text is not closed", "close the quote"),
    ("unexpected document indicator", "the quoted text is not closed", "close the quote"),
    (
        "unknown escape character",
        "there is no such escape in a text in double quotes",
        "use single quotes, or write \\\\ for a backslash",
    ),
    ("found a tab character", "a tab cannot indent", "indent with spaces"),
    (
        "did not find expected comment or line break",
        "nothing may follow `|` or `>` on its line",
        "put the text on the next line",
    ),
    ("undefined tag handle", "tags are not part of the language", "quote the text that starts with `!`"),
    (
        "did not find expected alphabetic or numeric character",
        "`*` and `&` start an alias or an anchor",
        "quote the text",
    ),
    ("incompatible YAML document", "YAML directives are not part of the language", "delete the line"),
)


def explain(error: Any, lines: Sequence[str]) -> Surprise:
    """A sentence and a way out for an error of the YAML parser (``yaml.MarkedYAMLError``)."""
    problem = str(error.problem or error.context or "")
    if "cannot start any token" in problem:
        return _token(error, lines)
    for words, what, hint in _WORDS:
        if words in problem:
            opened = "closed" in what and error.context_mark is not None
            return Surprise(what, f"{hint}; it starts in line {error.context_mark.line + 1}" if opened else hint)
    return Surprise(f"this is not YAML: {problem}" if problem else "this is not YAML", "")


def _token(error: Any, lines: Sequence[str]) -> Surprise:
    mark = error.problem_mark
    line = lines[mark.line] if mark.line < len(lines) else ""
    found = line[mark.column : mark.column + 1]
    if found == "\t":
        return Surprise("a tab cannot indent", "indent with spaces")
    return Surprise(f"a plain text cannot start with {found!r}", "quote it")
