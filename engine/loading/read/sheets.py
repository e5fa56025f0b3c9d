"""The other types of documents: clauses of the standards, and known failures; their schemas and their reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from engine.model.baseline import KnownFailure
from engine.model.case import Selector
from engine.model.clause import Clause, Risk, Untested, UntestedReason
from engine.model.nodes import Node
from engine.model.source_span import SourceSpan

LEVELS = ("must", "implied", "should", "may")

_ID = {
    "title": "an id such as SCOPE-01",
    "x-code": "id",
    "description": "Never renumbered.",
    "type": "string",
    "pattern": r"^[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+$",
}


def _text(description: str) -> dict[str, Any]:
    return {"title": "text", "description": description, "type": "string", "minLength": 1}


_CLAUSE: dict[str, Any] = {
    "title": "a clause",
    "x-code": "clause",
    "description": "One testable statement of a standard.",
    "type": "object",
    "required": ["id", "level", "statement"],
    "additionalProperties": False,
    "properties": {
        "id": _ID,
        "level": {
            "title": "a level",
            "description": "The level in the wording of the text; `implied` if no keyword states it.",
            "enum": list(LEVELS),
        },
        "clause": _text("The section or page; the file's `source` by default."),
        "statement": _text("The requirement."),
        "risk": {
            "title": "a risk",
            "description": (
                "The greatest damage of a violation. smuggling: two parties disagree about a message. dos: one client "
                "blocks the server. leak: data or rights reach another client. interop (the default): a correct "
                "client or application does not work. courtesy: all works, with less information."
            ),
            "enum": [risk.value for risk in Risk],
        },
        "untested": {
            "title": "a reason",
            "description": "Why no case cites the clause.",
            "type": "object",
            "required": ["reason"],
            "additionalProperties": False,
            "properties": {
                "reason": {
                    "title": "a reason",
                    "description": (
                        "not-observable: no traffic shows it. client-duty: it binds clients. superseded: a newer text "
                        "or another clause replaces it. needs-http2: the engine's client speaks HTTP/1. missing: "
                        "a case is possible, and not written yet."
                    ),
                    "enum": [reason.value for reason in UntestedReason],
                },
                "because": _text("How that is known. Optional only for `missing`."),
            },
        },
        "url": _text("A link to the clause; the file's `link` by default."),
        "note": _text("Additional information."),
    },
}

CLAUSES: dict[str, Any] = {
    "title": "clauses of a standard",
    "description": "One file of clauses that cases may cite.",
    "type": "object",
    "required": ["clauses", "list"],
    "additionalProperties": False,
    "properties": {
        "clauses": _text("The title."),
        "source": _text("The document that contains them."),
        "link": _text("A link to the document."),
        "note": _text("Additional information."),
        "list": {"title": "a list of clauses", "description": "The clauses.", "type": "array", "items": _CLAUSE},
    },
}

_TARGETS = {
    name: {
        "title": "a list of names",
        "description": f"Only on these {name}.",
        "type": "array",
        "minItems": 1,
        "items": {"title": "a name", "description": "A name.", "type": "string"},
    }
    for name in ("servers", "frameworks", "loops", "gateways", "runtimes", "http")
}

_FAILURE: dict[str, Any] = {
    "title": "a known failure",
    "x-code": "known-failure",
    "description": "A case that fails on some targets, with the reason and the issue that tracks it.",
    "type": "object",
    "required": ["case"],
    "additionalProperties": False,
    "properties": {
        "case": {
            "title": "a case's address: file::id",
            "type": "string",
            "pattern": r"^.+::.+$",
            "description": "The address of the case, as in reports: specs/http/scope.yaml::type-is-http.",
        },
        **_TARGETS,
        "versions": _text('Only with these versions of the server, in the form of PEP 440: ">=25,<27".'),
        "framework_versions": _text("Only with these versions of the framework, in the same form."),
        "until": {
            "title": 'a day such as "2027-03-01"',
            "description": "The last day on which the entry applies.",
            "type": "string",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        },
        "sometimes": {
            "title": "true or false",
            "description": "The failure depends on chance, such as a race, and a pass is right too.",
            "type": "boolean",
        },
        "because": _text("The reason for the failure, as found by a person. Requires a link."),
        "link": {
            "title": "a link, such as https://example.org/issues/1",
            "description": "The issue that tracks the failure.",
            "type": "string",
            "pattern": r"^https?://\S+$",
        },
        "observed": _text(
            "The engine's observation when `engine baseline update` wrote the entry; used until there is a reason."
        ),
    },
}

KNOWN_FAILURES: dict[str, Any] = {
    "title": "known failures",
    "description": "The baseline: failures that do not fail the build.",
    "type": "object",
    "required": ["known-failures", "list"],
    "additionalProperties": False,
    "properties": {
        "known-failures": _text("The title."),
        "note": _text("Additional information."),
        "list": {
            "title": "a list of known failures",
            "description": "The failures.",
            "type": "array",
            "items": _FAILURE,
        },
    },
}


def selector(node: Node | None) -> Selector:
    """The names of a mapping with any of ``servers``, ``frameworks``, ``loops``, ``gateways``, ``runtimes``,
    ``http``."""

    def names(key: str) -> tuple[str, ...]:
        found = node.get(key) if node is not None else None
        return tuple(str(item.value) for item in found.items()) if found is not None else ()

    return Selector(
        names("servers"), names("frameworks"), names("loops"), names("gateways"), names("runtimes"), names("http")
    )


def clauses_of(root: Node) -> list[tuple[Clause, Node]]:
    """The clauses of a valid document, each with the node of its id."""
    title, link = text(root, "clauses"), text(root, "link")
    source = text(root, "source") or title
    found = []
    for item in _list(root):
        clause = Clause(
            id=text(item, "id"),
            level=text(item, "level"),
            source=text(item, "clause") or source,
            statement=text(item, "statement"),
            url=text(item, "url") or link,
            risk=Risk(text(item, "risk") or Risk.INTEROP),
            untested=_untested(item.get("untested")),
            document=title,
            place=(item.get("id") or item).place,
        )
        found.append((clause, item.get("id") or item))
    return found


def _untested(node: Node | None) -> Untested | None:
    return Untested(UntestedReason(text(node, "reason")), text(node, "because")) if node is not None else None


def failures_of(root: Node) -> list[KnownFailure]:
    """The known failures of a valid document."""
    return [
        KnownFailure(
            case=text(item, "case"),
            selector=selector(item),
            because=text(item, "because"),
            link=text(item, "link"),
            place=item.place,
            versions=text(item, "versions"),
            framework_versions=text(item, "framework_versions"),
            until=day(text(item, "until")),
            observed=text(item, "observed"),
            sometimes=text(item, "sometimes") == "True",
            places=dict(places(item)),
        )
        for item in _list(root)
    ]


def day(text: str) -> date | None:
    """``2027-03-01`` as a date; None for an invalid one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def places(item: Node) -> Iterator[tuple[str, SourceSpan]]:
    """The span of each key's value of a mapping, and of each name of a list, as ``key.name``."""
    for key, node in item.entries():
        yield key, node.place
        for name in node.items():
            yield f"{key}.{name.value}", name.place


def text(node: Node, key: str) -> str:
    """The text under a key, "" where there is none."""
    found = node.get(key)
    return str(found.value) if found is not None and found.value is not None else ""


def _list(root: Node) -> list[Node]:
    found = root.get("list")
    return found.items() if found is not None else []
