"""Messages for YAML syntax errors. The parser's own messages name what the parser expected.

PyYAML has two parsers, libyaml and one in Python, with different messages for the same error. Both are in one table, so
that the message does not depend on the parser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.documents.scalars import Surprise

_PLAIN = Surprise("this is not YAML", "compare the line with the previous ones, and quote text with special characters")
"""The message for an error that the table does not have: a parser's own words differ between its versions."""

NO_ESCAPE = (
    "there is no such escape in a text in double quotes",
    "use single quotes, or write \\\\ for a backslash",
)
"""The message and the hint for an escape that names no character."""

_DIRECTIVE = ("YAML directives are not part of the language", "delete the line")
_TAG = ("tags are not part of the language", "quote the text that starts with `!`")
_MARK = ("`*` and `&` start an alias or an anchor", "quote the text")
_QUOTE = ("the quoted text is not closed", "close the quote")
_ITEM = ("this is not an item of the list before it", "start the line with `- `, or fix the indentation")
_KEY = (
    "this does not fit the keys before it",
    "line it up with them, and quote a text that goes on after a closing quote",
)
_BLOCK_TEXT = ("nothing may follow `|` or `>` on its line", "put the text on the next line")

_WORDS: tuple[tuple[str, str, tuple[str, str]], ...] = (
    # The words of the problem, those of its context, and what is said of it: the first line that fits counts.
    (
        "mapping values are not allowed", "",
        ("a colon cannot stand here", "quote the text that contains `: `, or fix the indentation"),
    ),
    ("unexpected ':'", "", ("a colon cannot stand here", "quote the text that holds it")),
    ("expected ',' or '}'", "", ("the {...} is not closed, or a comma is missing",
                                 "close it, or quote a text with a bracket in it")),
    ("expected ',' or ']'", "", ("the [...] is not closed, or a comma is missing",
                                 "close it, or quote a text with a bracket in it")),
    ("did not find expected key", "", _KEY),
    ("expected <block end>", "block mapping", _KEY),
    ("did not find expected '-' indicator", "", _ITEM),
    ("expected <block end>", "block collection", _ITEM),
    ("expected node content", "", ("a value is missing here", "write one")),
    ("expected the node content", "", ("a value is missing here", "write one")),
    ("sequence entries are not allowed", "", ("a list cannot start here", "put its first `- ` on a line of its own")),
    ("mapping keys are not allowed", "", ("a key cannot start here", "write `key: value` on a line of its own")),
    ("could not find expected ':'", "", ("a colon is missing after a key", "write `key: value`")),
    ("unexpected end of stream", "", _QUOTE),
    ("unexpected document", "", _QUOTE),
    ("unknown escape character", "", NO_ESCAPE),
    ("expected hexdecimal number", "quoted", NO_ESCAPE),
    ("expected escape sequence of", "", NO_ESCAPE),
    ("invalid Unicode character escape code", "", NO_ESCAPE),
    ("found a tab character", "", ("a tab cannot indent", "indent with spaces")),
    ("comment or line break", "block scalar", _BLOCK_TEXT),
    ("comment or a line break", "block scalar", _BLOCK_TEXT),
    ("chomping or indentation indicators", "", _BLOCK_TEXT),
    ("indentation indicator", "", ("the number after `|` or `>` is from 1 to 9", "write one, or omit it")),
    ("<document start>", "", ("this does not belong to the text before it", "line it up with the first key")),
    ("incompatible YAML document", "", _DIRECTIVE),
    ("duplicate", "", _DIRECTIVE),
    ("", "directive", _DIRECTIVE),
    ("", "YAML", _DIRECTIVE),
    ("", "TAG", _DIRECTIVE),
    ("undefined tag handle", "", _TAG),
    ("", " tag", _TAG),
    ("alphabetic or numeric character", "", _MARK),
    ("", "alias", _MARK),
    ("", "anchor", _MARK),
)  # fmt: skip


def explain(error: Any, lines: Sequence[str]) -> Surprise:
    """A message and a hint for an error of the YAML parser (``yaml.MarkedYAMLError``)."""
    problem = str(error.problem or error.context or "")
    if "cannot start any token" in problem:
        return _token(error, lines)
    context = str(error.context or "")
    for words, around, (what, hint) in _WORDS:
        if words in problem and around in context:
            opened = "closed" in what and error.context_mark is not None
            return Surprise(what, f"{hint}; it starts in line {error.context_mark.line + 1}" if opened else hint)
    return _PLAIN


def _token(error: Any, lines: Sequence[str]) -> Surprise:
    mark = error.problem_mark
    line = lines[mark.line] if mark.line < len(lines) else ""
    found = line[mark.column : mark.column + 1]
    if found == "\t":
        return Surprise("a tab cannot indent", "indent with spaces")
    return Surprise(f"a plain text cannot start with {found!r}", "quote it")
