"""The README of a reproduction: what an issue for the maintainers of a server says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.model.clause import Clause
from engine.model.phrasing import got, requirement, sentence
from engine.model.transcript import Side, TraceEvent
from engine.model.verdict import JobResult, Verdict

# TCP is a stream of bytes (RFC 9293, section 1), whose division into segments has no meaning.
DIVIDED = """\
The client sends its bytes {}. TCP does not keep the division of a stream, so the result must be that of the same bytes
in one piece, which `WHOLE=1 python3 client.py` sends."""
# Of a long exchange, so many events and bytes of each are shown.
EVENTS = 40
BYTES = 600
# A failure has at most this many characters in the heading; the line below has it in full.
HEADING = 120
# The header by which the engine assigns a call to its step; the client of the reproduction does not send it.
OWN = re.compile(rb"(?im)^x-engine-call:[^\r\n]*\r\n")


@dataclass(frozen=True)
class Report:
    """All that the README says.

    ``versions`` are pairs of a component and its version. ``clauses`` are those that the case cites. ``starts_server``
    and ``drives`` are as in Client. ``setup`` are commands behind the installation. ``lacks`` are sentences about what
    could not be written in plain Python. ``log`` are the last lines of the server's output, "" if they do not matter.
    ``delivery`` is how the client's bytes are divided, in words, "" if they are sent in one piece. ``redacted`` are the
    environment variables of run.sh whose values are replaced.
    """

    result: JobResult
    versions: Sequence[tuple[str, str]]
    clauses: Sequence[Clause]
    files: Mapping[str, str]
    starts_server: bool = False
    drives: bool = False
    setup: Sequence[str] = ()
    lacks: Sequence[str] = ()
    log: str = ""
    delivery: str = ""
    python: str = "python3"
    by_hand: Sequence[str] = field(default=())
    redacted: Sequence[str] = ()


def readme(report: Report) -> str:
    """The text of README.md."""
    parts = [title(report), *lacking(report), table(report), *running(report), expected(report), actual(report)]
    parts += [log(report)] if report.log else []
    parts.append(listing(report))
    return "\n\n".join(part for part in parts if part) + "\n"


def title(report: Report) -> str:
    """The heading: what the server does, and the requirement that it does not meet."""
    result = report.result
    name, version = report.versions[0]
    excuse = f"{result.excuse.because}.\n\n" if result.excuse is not None else ""
    how = f" when the client's bytes come {report.delivery}" if report.delivery else ""
    said = reason(result)
    short = said if result.mismatches or result.warnings else said.partition("; ")[0]
    heading = f"# {name} {version}: {inline(short)}{how} ({result.title})"
    return f"{heading}\n\n{excuse}{result.address} on {result.target}: {said}."


def inline(text: str) -> str:
    """A sentence as part of a heading: one line, and of a long one the beginning."""
    line = " ".join(text.split())
    return line if len(line) <= HEADING else f"{line[: HEADING - 3].rstrip()}..."


def reason(result: JobResult) -> str:
    """The failure in one sentence."""
    found = [*result.mismatches, *result.warnings]
    return sentence(found[0]) if found else result.reason


def table(report: Report) -> str:
    """The versions."""
    rows = [f"| {name} | {version} |" for name, version in report.versions]
    return "\n".join(["| component | version |", "| --- | --- |", *rows])


def running(report: Report) -> list[str]:
    """The commands that run the reproduction."""
    install = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
    steps = [install, *report.setup]
    if not report.starts_server and not report.drives:
        steps.append("./run.sh                 # the server; leave it running, and go on in another terminal")
    steps.append(".venv/bin/python client.py" if report.drives else "python3 client.py")
    if report.files and "client.py" not in report.files:
        return []
    says = (
        "The client prints what it expects and what it gets. Its exit status is 1 if the fault shows, 0 if it does not"
    )
    found = ["## Run it", *code(steps, "sh"), f"{says},\nand 2 if that is unknown."]
    if report.result.verdict is Verdict.FLAKY:
        found.append("The fault does not show in each run, so the client runs the steps again until it shows.")
    if report.starts_server:
        found.append("The client starts and stops the server itself, by `run.sh`.")
    if report.redacted:
        found.append(f"The values of {' and '.join(f'`{one}`' for one in report.redacted)} in `run.sh` are redacted.")
    if report.by_hand:
        found += ["Without the client, on the running server:", *code(report.by_hand, "sh")]
    return found


def code(lines: Sequence[str], language: str = "") -> list[str]:
    """A block of code."""
    return ["\n".join([f"```{language}", *lines, "```"])]


def expected(report: Report) -> str:
    """The clauses of the standard, and the expectations that do not hold."""
    rows = ["## Expected", ""]
    for clause in report.clauses:
        where = f"[{clause.source}]({clause.url})" if clause.url else clause.source
        rows.append(f"- {where} ({clause.level}): {clause.statement}" if clause.statement else f"- {clause.id}")
    if report.delivery:
        rows += ["", DIVIDED.format(report.delivery)]
    found = [*report.result.mismatches, *report.result.warnings]
    rows += ["", *code([f"expected {requirement(one)}" for one in found])] if found else []
    return "\n".join(rows)


def actual(report: Report) -> str:
    """The section with the actual result and the bytes on the wire."""
    found = [*report.result.mismatches, *report.result.warnings]
    rows = ["## Actual", ""]
    rows += code([f"got {got(one)}" + (f" ({one.why})" if one.why else "") for one in found] or [report.result.reason])
    exchange = bytes_of(report.result)
    if exchange:
        rows += ["", "The bytes on the wire (`>>` sent by the client, `<<` received):", "", *code(exchange)]
    return "\n".join(rows)


def bytes_of(result: JobResult) -> list[str]:
    """The exchange on the wire, a line each."""
    if result.transcript is None:
        return []
    wire = [event for event in result.transcript.events if event.side is Side.WIRE]
    rows: list[str] = []
    for event in wire[:EVENTS]:
        data = OWN.sub(b"", event.data)
        rows += shown(replace(event, data=data, size=max(event.size, len(event.data)) - len(event.data) + len(data)))
    if len(wire) > EVENTS:
        rows.append(f"... and {len(wire) - EVENTS} more events")
    return rows


def shown(event: TraceEvent) -> list[str]:
    """One event of the wire."""
    mark = {"sent": ">>", "received": "<<"}.get(event.what, "--")
    if not event.data:
        return [f"{mark} {event.subject} {event.what}" + (f" ({event.detail})" if event.detail else "")]
    data = event.data[:BYTES]
    lines = data.split(b"\n")
    texts = [as_literal(line + (b"\n" if at < len(lines) - 1 else b"")) for at, line in enumerate(lines)]
    rows = [f"{mark} {text}" for text in texts if text]
    cut = (event.size or len(event.data)) - len(data)
    return rows + ([f"{mark} ... and {cut} bytes more"] if cut > 0 else [])


def as_literal(data: bytes) -> str:
    """Bytes as the inside of a literal in Python."""
    return repr(data)[2:-1]


def log(report: Report) -> str:
    """The last lines of the server's output."""
    return "\n".join(["## Output of the server", "", *code(report.log.rstrip("\n").split("\n"))])


def lacking(report: Report) -> list[str]:
    """The parts of the case that the folder does not reproduce."""
    if not report.lacks:
        return []
    rows = [f"- {one[:1].upper()}{one[1:]}." for one in report.lacks]
    return ["\n".join(["**This folder does not reproduce all of the case:**", "", *rows])]


def listing(report: Report) -> str:
    """The files of the folder."""
    rows = [f"| {name} | {what} |" for name, what in report.files.items()]
    return "\n".join(["## Files", "", "| file | contents |", "| --- | --- |", *rows])
