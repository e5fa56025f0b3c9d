"""The output of `engine lint`: for people, for programs, and as GitHub annotations."""

from __future__ import annotations

import json as _json
from collections.abc import Mapping, Sequence

from engine.documents.diagnostics import Diagnostic
from engine.terminal.escape import visible
from engine.terminal.excerpt import show
from engine.terminal.paint import PLAIN, Paint, Role

FORMATS = ("text", "json", "github")


def text(
    diagnostics: Sequence[Diagnostic],
    sources: Mapping[str, str] | None = None,
    *,
    files: int = 0,
    cases: int = 0,
    limit: int = 0,
    paint: Paint = PLAIN,
) -> str:
    """Each error with its line and a caret, an empty line between them, and a count at the end.

    ``sources`` has the texts by file name; a file that is not among them is read. ``files`` and ``cases`` are for the
    closing line. ``limit`` is the terminal's width in columns, 0 for a pipe.
    """
    blocks = [_block(one, (sources or {}).get(one.place.file), limit, paint) for one in diagnostics]
    end = Role.FAILING if any(one.is_error for one in diagnostics) else Role.WARNING if diagnostics else Role.PASSING
    return "\n\n".join([*blocks, paint(end, closing(diagnostics, files=files, cases=cases))]) + "\n"


def _block(one: Diagnostic, source: str | None, limit: int, paint: Paint) -> str:
    return show(
        one.place,
        source,
        lead=f"{one.severity.value}[{one.code}]",
        message=one.what,
        notes=[(Role.HINT, one.hint)] if one.hint else [],
        role=Role.CARET if one.is_error else Role.WARNING,
        limit=limit,
        paint=paint,
    )


def closing(diagnostics: Sequence[Diagnostic], *, files: int = 0, cases: int = 0) -> str:
    """The last line: the number of errors and warnings, of their files, and of all that was checked."""
    errors = sum(one.is_error for one in diagnostics)
    warnings = len(diagnostics) - errors
    counted = f"{_count(files, 'file')}, {_count(cases, 'case')}" if cases else _count(files, "file")
    if not diagnostics:
        return f"All good: {counted}" if files else "All good"
    checked = f"; checked {counted}" if files else ""
    counts = [_count(errors, "error")] if errors else []
    if warnings:
        counts.append(_count(warnings, "warning"))
    inside = len({one.place.file for one in diagnostics})
    return f"{' and '.join(counts)} in {_count(inside, 'file')}{checked}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def json(diagnostics: Sequence[Diagnostic], *, files: int = 0, cases: int = 0) -> str:
    """One JSON object with all of them and the counts."""
    errors = sum(one.is_error for one in diagnostics)
    body = {
        "diagnostics": [
            {
                "file": one.place.shown_file,
                "line": one.place.line,
                "column": one.place.column,
                "length": one.place.length,
                "severity": one.severity.value,
                "code": one.code,
                "what": one.what,
                "hint": one.hint,
            }
            for one in diagnostics
        ],
        "errors": errors,
        "warnings": len(diagnostics) - errors,
        "files": files,
        "cases": cases,
    }
    return _json.dumps(body, indent=2) + "\n"


def github(diagnostics: Sequence[Diagnostic], *, files: int = 0, cases: int = 0) -> str:
    """A workflow command for each error, which GitHub shows at the line, and the closing line."""
    rows = []
    for one in diagnostics:
        message = f"{one.what}\n{one.hint}" if one.hint else one.what
        end = one.place.column + one.place.length
        where = f"file={_property(one.place.shown_file)},line={one.place.line},col={one.place.column},endColumn={end}"
        rows.append(f"::{one.severity.value} {where},title={_property(one.code)}::{_data(message)}")
    rows.append(closing(diagnostics, files=files, cases=cases))
    return "\n".join(rows) + "\n"


def _data(value: str) -> str:
    text = visible(value, lines=True)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
