"""Results as JSON and back. Observed values are kept as text, as a reader would see them, and as bounded JSON."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from engine.errors import ResultsError
from engine.model.evidence_quality import COMPLETE, EvidenceQuality
from engine.model.expectation import ABSENT, Mismatch
from engine.model.origin import Origin, Part
from engine.model.phrasing import infinitive
from engine.model.showing import as_text
from engine.model.source_span import NOWHERE, Excerpt, SourceSpan
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import NOTHING, TypedValue, typed
from engine.model.verdict import Attempt, Excuse, JobResult, Recheck, Verdict

# Of the bytes of one event, so many are kept from the beginning.
KEPT = 2048
# Characters of an expected value, as JSON, that are its text where it is read back.
TEXT = 120


def result_to_json(result: JobResult) -> dict[str, Any]:
    """A result as JSON's types."""
    document: dict[str, Any] = {
        "kind": "result",
        "case": result.case,
        "file": result.file,
        "target": result.target,
        "category": result.category,
        "level": result.level,
        "verdict": result.verdict.value,
        "seconds": round(result.seconds, 6),
        "started": round(result.started, 6),
        "evaluated": result.evaluated,
    }
    if result.cite:
        document["cite"] = list(result.cite)
    if result.risk:
        document["risk"] = result.risk
    if result.title:
        document["title"] = result.title
    if result.sending:
        document["sending"] = result.sending
    if result.tags:
        document["tags"] = list(result.tags)
    if result.reason:
        document["reason"] = result.reason
    if result.step is not None:
        document["step"] = place_to_json(result.step)
    if result.excerpt is not None:
        document["excerpt"] = excerpt_to_json(result.excerpt)
    if result.mismatches:
        document["mismatches"] = [mismatch_to_json(one) for one in result.mismatches]
    if result.warnings:
        document["warnings"] = [mismatch_to_json(one) for one in result.warnings]
    if result.recorded:
        document["recorded"] = {name: as_text(value) for name, value in result.recorded.items()}
        values = {name: value_to_json("", typed(value)) for name, value in result.recorded.items()}
        document["recorded_values"] = {name: value for name, value in values.items() if value}
    if result.reproduce:
        document["reproduce"] = result.reproduce
    if result.not_reproduced:
        document["not_reproduced"] = result.not_reproduced
    if result.log:
        document["log"] = result.log
    if result.send_raised:
        document["send_raised"] = list(result.send_raised)
    if result.held_back:
        document["held_back"] = result.held_back
    if result.excuse is not None:
        document["excuse"] = excuse_to_json(result.excuse)
    if result.origin is not None:
        document["origin"] = {"part": result.origin.part.value, "because": result.origin.because}
    if result.attempts:
        document["attempts"] = [attempt_to_json(one) for one in result.attempts]
    if result.evidence != COMPLETE:
        document["evidence"] = evidence_to_json(result.evidence)
    if result.recheck is not None:
        document["recheck"] = recheck_to_json(result.recheck)
    if result.transcript is not None:
        document["transcript"] = transcript_to_json(result.transcript)
    return document


def result_from_json(document: Mapping[str, Any]) -> JobResult:
    """A result from JSON's types. Raises ResultsError where a field is missing or of another type."""
    try:
        return JobResult(
            case=document["case"],
            file=address_of(document["file"]),
            target=document["target"],
            category=document["category"],
            level=document["level"],
            verdict=Verdict(document["verdict"]),
            reason=document.get("reason", ""),
            mismatches=tuple(mismatch_from_json(one) for one in document.get("mismatches", ())),
            warnings=tuple(mismatch_from_json(one) for one in document.get("warnings", ())),
            recorded={
                name: value_from_json(document.get("recorded_values", {}).get(name, {}), "", text)
                for name, text in document.get("recorded", {}).items()
            },
            step=place_from_json(document["step"]) if "step" in document else None,
            excerpt=excerpt_from_json(document["excerpt"]) if "excerpt" in document else None,
            evidence=evidence_from_json(document["evidence"]) if "evidence" in document else COMPLETE,
            started=document["started"],
            seconds=document["seconds"],
            evaluated=document["evaluated"],
            transcript=transcript_from_json(document["transcript"]) if "transcript" in document else None,
            reproduce=document.get("reproduce", ""),
            not_reproduced=document.get("not_reproduced", ""),
            cite=tuple(document.get("cite", ())),
            risk=document.get("risk", ""),
            title=document.get("title", ""),
            tags=tuple(document.get("tags", ())),
            sending=document.get("sending", ""),
            attempts=tuple(attempt_from_json(one) for one in document.get("attempts", ())),
            log=document.get("log", ""),
            send_raised=tuple(document.get("send_raised", ())),
            held_back=document.get("held_back", ""),
            excuse=excuse_from_json(document["excuse"]) if "excuse" in document else None,
            origin=origin_from_json(document["origin"]) if "origin" in document else None,
            recheck=recheck_from_json(document["recheck"]) if "recheck" in document else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultsError(f"a result lacks a field, or has one of the wrong type: {error}") from error


def address_of(file: str) -> str:
    """The address of a recorded document. Earlier engines recorded the path as seen from the working directory, which
    leads to the address where it leads out of that directory."""
    parts = file.split("/")
    if parts[0] not in ("", ".."):
        return file
    if "specs" in parts[:-1]:
        last = len(parts) - 1 - parts[::-1].index("specs")
        return "/".join(parts[last:])
    return file if not parts[0] else "/".join(part for part in parts if part != "..")


def origin_from_json(document: Mapping[str, Any]) -> Origin:
    """The origin of a failure from its object."""
    return Origin(Part(document["part"]), document["because"])


def evidence_to_json(quality: EvidenceQuality) -> dict[str, Any]:
    """The quality of evidence that is not complete."""
    document: dict[str, Any] = {"quality": quality.state.value}
    if quality.lost:
        document["lost"] = quality.lost
    if quality.why:
        document["why"] = quality.why
    if quality.cut:
        document["cut"] = list(quality.cut)
    return document


def evidence_from_json(document: Mapping[str, Any]) -> EvidenceQuality:
    """The quality of evidence from its object."""
    return EvidenceQuality(int(document.get("lost", 0)), document.get("why", ""), tuple(document.get("cut", ())))


def excuse_to_json(excuse: Excuse) -> dict[str, str]:
    """The entry of the baseline that lists a failure; an empty field is left out."""
    return {name: text for name in Excuse.__dataclass_fields__ if (text := getattr(excuse, name))}


def excuse_from_json(document: Mapping[str, Any]) -> Excuse:
    """An excuse from its object."""
    return Excuse(**{name: str(document.get(name, "")) for name in Excuse.__dataclass_fields__})


def attempt_to_json(attempt: Attempt) -> dict[str, Any]:
    """One of several times that a job was run."""
    document: dict[str, Any] = {"verdict": attempt.verdict.value, "seconds": round(attempt.seconds, 6)}
    if attempt.reason:
        document["reason"] = attempt.reason
    return document


def attempt_from_json(document: Mapping[str, Any]) -> Attempt:
    """An attempt from its object."""
    return Attempt(Verdict(document["verdict"]), document.get("reason", ""), document["seconds"])


def recheck_to_json(recheck: Recheck) -> dict[str, Any]:
    """A recheck as JSON's types."""
    document: dict[str, Any] = {"verdict": recheck.verdict.value, "had_company": recheck.was_concurrent}
    if recheck.reason:
        document["reason"] = recheck.reason
    if recheck.attempts:
        document["attempts"] = [attempt_to_json(one) for one in recheck.attempts]
    return document


def recheck_from_json(document: Mapping[str, Any]) -> Recheck:
    """A recheck from its object."""
    attempts = tuple(attempt_from_json(one) for one in document.get("attempts", ()))
    return Recheck(Verdict(document["verdict"]), document.get("reason", ""), document["had_company"], attempts)


def place_to_json(place: SourceSpan) -> list[object]:
    """A place as ``[file, line, column, length]``."""
    return [place.shown_file, place.line, place.column, place.length]


def place_from_json(document: Any) -> SourceSpan:
    """A place from its list."""
    file, line, column, length = document
    return SourceSpan(str(file), int(line), int(column), int(length))


def mismatch_to_json(mismatch: Mismatch) -> dict[str, Any]:
    """A mismatch. Each value is there twice: as the text that a reader sees, and as bounded tagged JSON."""
    document: dict[str, Any] = {
        "where": mismatch.where,
        "expected": mismatch.expected,
        "actual": as_text(mismatch.actual),
    }
    if mismatch.why:
        document["why"] = mismatch.why
    if mismatch.given:
        document["given"] = True
    if mismatch.implicit:
        document["implicit"] = True
    if mismatch.place != NOWHERE:
        document["place"] = place_to_json(mismatch.place)
    if mismatch.operator:
        document["operator"] = mismatch.operator
    if mismatch.expected_value is not ABSENT:
        document.update(value_to_json("expected", typed(mismatch.expected_value)))
    document.update(value_to_json("actual", typed(mismatch.actual)))
    if mismatch.excerpt is not None:
        document["excerpt"] = excerpt_to_json(mismatch.excerpt)
    return document


def value_to_json(name: str, value: TypedValue) -> dict[str, Any]:
    """The fields of a value, which begin with ``name`` where there is one: its tagged JSON, and what was cut out of it.
    None where an older record has no data."""
    if value.data is NOTHING:
        return {}
    head = f"{name}_" if name else ""
    return {f"{head}value": value.data, **({f"{head}cut": list(value.cut)} if value.cut else {})}


def value_from_json(document: Mapping[str, Any], name: str, text: str) -> TypedValue:
    """A value from those fields and its text."""
    head = f"{name}_" if name else ""
    return TypedValue(text, document.get(f"{head}value", NOTHING), tuple(document.get(f"{head}cut", ())))


def excerpt_to_json(one: Excerpt) -> list[object]:
    """An excerpt as ``[line, column, length]``."""
    return [one.line, one.column, one.length]


def excerpt_from_json(document: Any) -> Excerpt:
    """An excerpt from its list."""
    line, column, length = document
    return Excerpt(str(line), int(column), int(length))


def mismatch_from_json(document: Mapping[str, Any]) -> Mismatch:
    """A mismatch whose values are TypedValues."""
    written = json.dumps(document.get("expected_value"), ensure_ascii=False)[:TEXT]
    return Mismatch(
        document["where"],
        infinitive(document["expected"]),  # formats 1 and 2.0 have "is 200"
        value_from_json(document, "actual", document["actual"]),
        place_from_json(document["place"]) if "place" in document else NOWHERE,
        document.get("why", ""),
        bool(document.get("given", False)),
        document.get("operator", ""),
        value_from_json(document, "expected", written) if "expected_value" in document else ABSENT,
        excerpt_from_json(document["excerpt"]) if "excerpt" in document else None,
        bool(document.get("implicit", False)),
    )


def transcript_to_json(transcript: Transcript) -> dict[str, Any]:
    """A transcript: times in seconds since it started, bytes as base64, cut after KEPT with their whole size."""
    events = []
    for event in transcript.events:
        row: dict[str, Any] = {
            "at": round(event.at - transcript.started, 6),
            "side": event.side.value,
            "subject": event.subject,
            "what": event.what,
        }
        if event.detail:
            cut = len(event.detail) > KEPT
            row["detail"] = f"{event.detail[:KEPT]}… ({len(event.detail)} characters)" if cut else event.detail
        if event.data:
            row["data"] = base64.b64encode(event.data[:KEPT]).decode()
            row["size"] = event.size or len(event.data)
            if digest := _digest(event):
                row["sha256"] = digest
        if event.value is not None:
            row.update(value_to_json("", event.value))
        if event.connection:
            row["connection"] = event.connection
        events.append(row)
    return {"moments": events}


def _digest(event: TraceEvent) -> str:
    """The digest of what is cut here; "" where all is kept, or was cut before."""
    if event.sha256 or len(event.data) <= KEPT or len(event.data) < event.size:
        return event.sha256
    return hashlib.sha256(event.data).hexdigest()


def transcript_from_json(document: Mapping[str, Any]) -> Transcript:
    """A transcript that starts at 0."""
    return Transcript(
        0.0,
        tuple(
            TraceEvent(
                row["at"],
                Side(row["side"]),
                row["subject"],
                row["what"],
                row.get("detail", ""),
                base64.b64decode(row.get("data", "")),
                row.get("size", 0),
                row.get("sha256", ""),
                value_from_json(row, "", row.get("detail", "")) if "value" in row else None,
                str(row.get("connection", "")),
            )
            for row in document["moments"]
        ),
    )
