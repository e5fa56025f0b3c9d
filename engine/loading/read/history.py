"""Documents of history: bugs that servers and frameworks had; their schema and their reading."""

from __future__ import annotations

from typing import Any

from engine.loading.read.sheets import places, text
from engine.model.bug import FRAMEWORK, SERVER, Bug
from engine.model.nodes import Node

ID = r"^[A-Z][A-Z0-9]*$"
VERSION = r"^[0-9]+(?:\.[A-Za-z0-9]+)*$"
PIN = r"^[A-Za-z0-9][A-Za-z0-9._-]*==[^=\s]+$"


def _text(description: str) -> dict[str, Any]:
    return {"title": "text", "description": description, "type": "string", "minLength": 1}


def _version(description: str) -> dict[str, Any]:
    return {
        "title": 'a version in quotes, such as "26.2.0"',
        "description": description,
        "type": "string",
        "pattern": VERSION,
    }


def _names(title: str, description: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "description": description, "type": "array", "minItems": 1, "items": item}


def _pins(description: str) -> dict[str, Any]:
    pin = {"title": "a pin such as h11==0.14.0", "description": "A pin.", "type": "string", "pattern": PIN}
    return _names("a list of pins", description, pin)


_BUG: dict[str, Any] = {
    "title": "a bug",
    "x-code": "bug",
    "description": "A bug of a server or a framework, with a release that has it and one that has fixed it.",
    "type": "object",
    "required": ["id", "bad", "title", "source"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "title": "an id such as G01",
            "x-code": "id",
            "description": "Stable, and unique in the file.",
            "type": "string",
            "pattern": ID,
        },
        SERVER: _text("The server with the bug."),
        FRAMEWORK: _text("The framework with the bug."),
        "under": _text("The server that runs the framework; the default one if this is omitted."),
        "bad": _version("A release that has the bug."),
        "fixed": _version("A release that has fixed it; omitted if there is none."),
        "title": _text("The wrong behaviour, in one sentence."),
        "category": {
            "title": "a category in kebab-case",
            "description": "The part of the server, such as framing.",
            "type": "string",
            "pattern": r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        },
        "source": _text("The issue, the pull request, the advisory or the changelog that states it."),
        "flags": _names(
            "a list of words", "Options of the server's own, for both releases.", _text("A word of the command line.")
        ),
        "http": {
            "title": 'the version of HTTP, "2"',
            "description": "The version of HTTP over which the cases run; HTTP/1.1 if this is omitted.",
            "type": "string",
            "enum": ["2"],
        },
        "pins": {
            "title": "a mapping of `both`, `bad` and `fixed` to pins",
            "description": "Other packages in the environments of the releases.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                "both": _pins("For both releases."),
                "bad": _pins("For the release with the bug."),
                "fixed": _pins("For the release without it."),
            },
        },
        "clauses": _names("a list of clause ids", "The clauses that the bug violates.", _text("A clause's id.")),
        "cases": _names(
            "a list of addresses of cases",
            "The cases that fail on `bad` and pass on `fixed`.",
            {
                "title": "a case's address: file::id",
                "description": "An address.",
                "type": "string",
                "pattern": r"^.+::.+$",
            },
        ),
    },
}

HISTORY: dict[str, Any] = {
    "title": "a history of bugs",
    "description": "Bugs that servers and frameworks had, and the cases that find them.",
    "type": "object",
    "required": ["history", "list"],
    "additionalProperties": False,
    "properties": {
        "history": _text("The title."),
        "note": _text("Additional information."),
        "list": {"title": "a list of bugs", "description": "The bugs.", "type": "array", "items": _BUG},
    },
}


def bugs_of(root: Node) -> list[Bug]:
    """The bugs of a valid document."""
    listed = root.get("list")
    return [_bug(item) for item in (listed.items() if listed is not None else ())]


def _bug(item: Node) -> Bug:
    pins = item.get("pins") or Node({}, item.place, item.key)
    both = _words(pins, "both")
    return Bug(
        id=text(item, "id"),
        sort=FRAMEWORK if FRAMEWORK in item else SERVER,
        name=text(item, FRAMEWORK) or text(item, SERVER),
        bad=text(item, "bad"),
        fixed=text(item, "fixed"),
        title=text(item, "title"),
        source=text(item, "source"),
        category=text(item, "category"),
        under=text(item, "under"),
        flags=_words(item, "flags"),
        http=text(item, "http"),
        bad_pins=(*both, *_words(pins, "bad")),
        fixed_pins=(*both, *_words(pins, "fixed")),
        clauses=_words(item, "clauses"),
        cases=_words(item, "cases"),
        place=item.place,
        places=dict(places(item)),
    )


def _words(node: Node, key: str) -> tuple[str, ...]:
    found = node.get(key)
    return tuple(str(item.value) for item in found.items()) if found is not None else ()
