from __future__ import annotations

import json

from engine.documents.diagnostics import Diagnostic, Severity
from engine.model.source_span import SourceSpan
from engine.terminal import lint_output

FOUND = (
    Diagnostic(SourceSpan("a.yaml", 1, 4, 2), "surprise", "no is no text", 'quote it: "no"'),
    Diagnostic(SourceSpan("b,c:d.yaml", 2, 1), "unawaited-mark", "50% of\nmarks", "", Severity.WARNING),
)
SOURCES = {"a.yaml": "a: no\n", "b,c:d.yaml": "x\ny\n"}


def test_text() -> None:
    assert (
        lint_output.text(FOUND, SOURCES, files=3, cases=7)
        == """\
a.yaml:1:4: error[surprise]: no is no text
    1 | a: no
      |    ^^
      = quote it: "no"

b,c:d.yaml:2:1: warning[unawaited-mark]: 50% of\\nmarks
    2 | y
      | ^

1 error and 1 warning in 2 files; checked 3 files, 7 cases
"""
    )


def test_nothing_wrong() -> None:
    assert lint_output.text((), files=2, cases=1) == "All good: 2 files, 1 case\n"
    assert lint_output.text(()) == "All good\n"


def test_json() -> None:
    found = json.loads(lint_output.json(FOUND, files=3, cases=7))
    assert (found["errors"], found["warnings"], found["files"], found["cases"]) == (1, 1, 3, 7)
    assert found["diagnostics"][0] == {
        "file": "a.yaml", "line": 1, "column": 4, "length": 2, "severity": "error", "code": "surprise",
        "what": "no is no text", "hint": 'quote it: "no"',
    }  # fmt: skip


def test_github() -> None:
    assert lint_output.github(FOUND).split("\n") == [
        '::error file=a.yaml,line=1,col=4,endColumn=6,title=surprise::no is no text%0Aquote it: "no"',
        "::warning file=b%2Cc%3Ad.yaml,line=2,col=1,endColumn=2,title=unawaited-mark::50%25 of%0Amarks",
        "1 error and 1 warning in 2 files",
        "",
    ]


def test_a_message_cannot_be_a_command_of_its_own() -> None:
    evil = Diagnostic(SourceSpan("a", 1, 1), "x", "a\r\n::error::b\x1b[0m")
    first, *_ = lint_output.github([evil]).split("\n")
    assert first.endswith("::a\\r%0A::error::b\\x1b[0m")
