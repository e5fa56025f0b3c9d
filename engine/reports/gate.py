"""The comment about a change, as Markdown: at most ROWS rows, with the commits of both sides and links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from engine.model.verdict import JobResult
from engine.reports.markdown import code
from engine.results.analysis.comparison import Difference
from engine.results.analysis.gate import Decision, Unsure
from engine.results.analysis.summary import plural

ROWS = 20
LONGEST = 160
UNRESERVED = "-_.!~*'()"
"""The characters that a browser's encodeURIComponent keeps, apart from letters and digits."""


def comment(found: Decision, urls: Mapping[str, str], report: str = "") -> str:
    """The text of the comment. ``urls`` are the links of clauses by their ids, ``report`` is the address of the page of
    the run, "" for none. Targets that do not start come first, then what is broken, flaky and fixed."""
    head = f"### Conformance: {headline(found)}"
    sides = [
        f"- {side}: {', '.join(f'`{one}`' for one in servers) or f'`{name}`'}"
        for side, name, servers in zip(
            ("before", "after"),
            (found.comparison.before, found.comparison.after),
            found.comparison.servers,
            strict=True,
        )
    ]
    rows = [*rows_of(found, urls, report)]
    parts = [head, "\n".join(sides)]
    if rows:
        table = ["| | clause | risk | case | before → after |", "| --- | --- | --- | --- | --- |", *rows[:ROWS]]
        parts.append("\n".join(table))
    if len(rows) > ROWS:
        parts.append(f"{len(rows) - ROWS} more {'row is' if len(rows) == ROWS + 1 else 'rows are'} in the report.")
    if report:
        parts.append(f"[All results]({report})")
    return "\n\n".join(parts) + "\n"


def headline(found: Decision) -> str:
    """The sum in words: ``2 cases broken, 1 fixed, 1 flaky``."""
    counts = [
        (len({one.address for one in found.broken}), "broken"),
        (len({one.address for one in found.fixed}), "fixed"),
        (len({one.pair.after.address for one in found.unsure}), "flaky"),
    ]
    words = [f"{plural(count, 'case')} {word}" for count, word in counts if count]
    if found.stopped:
        words.insert(0, f"{plural(len(found.stopped), 'target')} not started")
    if not words:
        return "nothing was compared" if found.exit_code == 3 else "nothing broken"
    return ", ".join(words) if found.broken or found.stopped else f"nothing broken, {', '.join(words)}"


def rows_of(found: Decision, urls: Mapping[str, str], report: str) -> Iterator[str]:
    """The rows of the table, the most important first."""
    for row in found.stopped:
        yield f"| does not start | | | `{row.id}` | {code(cut(row.failed))} |"
    for one in found.broken:
        yield row_of("broken", one, urls, report)
    for unsure in found.unsure:
        yield _flaky(unsure, urls, report)
    for one in found.fixed:
        yield row_of("fixed", one, urls, report)


def row_of(word: str, one: Difference, urls: Mapping[str, str], report: str) -> str:
    """The row of a case that changed in the same way on some targets."""
    change = f"{one.before.value} → {one.after.value}"
    what = f"{change}: {code(cut(one.red.reason))}" if one.red.reason else change
    more = f" and {len(one.pairs) - 1} more" if len(one.pairs) > 1 else ""
    return _row(word, one.pairs[0].after, urls, report, what=what, more=more)


def _flaky(one: Unsure, urls: Mapping[str, str], report: str) -> str:
    sides = " → ".join(f"{good}/{total} passed" if total else "not repeated" for good, total in (one.before, one.after))
    return _row("flaky", one.pair.after, urls, report, what=sides)


def _row(word: str, result: JobResult, urls: Mapping[str, str], report: str, *, what: str, more: str = "") -> str:
    cited = ", ".join(f"[{name}]({urls[name]})" if urls.get(name) else name for name in result.cite)
    where = f"`{result.address}`"
    if report:
        where = f"[{where}]({report}{address(result)})"
    return f"| {word} | {cited} | {result.risk} | {where} on `{result.target}`{more} | {what} |"


def address(result: JobResult) -> str:
    """The address of a result in the page of its run, in the form that the page itself gives it."""
    target, case = (quote(one, safe=UNRESERVED + "/:") for one in (result.target, result.address))
    return f"#/result/{quote(target, safe=UNRESERVED)}/{case}"


def cut(text: str) -> str:
    """A text, cut to LONGEST characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
