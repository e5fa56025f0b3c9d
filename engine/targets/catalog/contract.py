"""The contracts: the endpoints that every framework's app answers, declared once in frameworks/contract.yaml, and in
frameworks/contract-wsgi.yaml for those that are called through WSGI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DocumentError
from engine.model.nodes import Node
from engine.model.source_span import SourceSpan
from engine.registry import nearest
from engine.targets.catalog import documents
from engine.targets.catalog.frameworks import FEATURES

FILE = "contract.yaml"
WSGI_FILE = "contract-wsgi.yaml"
HTTP = "http"
WEBSOCKET = "websocket"

_ENDPOINT: Mapping[str, Any] = {
    "title": "an endpoint",
    "description": "One endpoint that every framework's app answers.",
    "type": "object",
    "required": ["kind", "path", "summary"],
    "additionalProperties": False,
    "properties": {
        "kind": {
            "title": "http or websocket",
            "description": "The purpose of the endpoint.",
            "enum": [HTTP, WEBSOCKET],
        },
        "method": {
            "title": "a method, as text",
            "description": "The method; of HTTP endpoints only.",
            "type": "string",
            "minLength": 1,
        },
        "path": {
            "title": "a path that begins with / and has no query",
            "description": "The path; {word} stands for exactly one segment.",
            "type": "string",
            "pattern": r"^/[^?]*$",
        },
        "deeper": {
            "title": "true or false",
            "description": "The endpoint also answers everything below its path.",
            "type": "boolean",
        },
        "bare": {
            "title": "true or false",
            "description": "Only the bare app answers; the apps of frameworks need not.",
            "type": "boolean",
        },
        "needs": {
            "title": "a capability's name",
            "x-code": "name:capability",
            "description": "Only apps that offer this capability answer.",
            "enum": sorted(FEATURES),
        },
        "summary": {
            "title": "text",
            "description": "The response.",
            "type": "string",
            "minLength": 1,
        },
    },
}
KEYS = {name: name in _ENDPOINT["required"] for name in _ENDPOINT["properties"]}

SCHEMA: Mapping[str, Any] = {
    "title": "a contract",
    "description": "The endpoints that every framework's app answers, and that cases may ask for.",
    "type": "object",
    "required": ["contract", "endpoints"],
    "additionalProperties": False,
    "properties": {
        "contract": {"title": "text", "description": "The title.", "type": "string", "minLength": 1},
        "endpoints": {
            "title": "a list of endpoints",
            "description": "The endpoints.",
            "type": "array",
            "minItems": 1,
            "items": _ENDPOINT,
        },
    },
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. ``path`` has ``{word}`` for exactly one segment; ``deeper`` says that it also answers everything
    below; ``method`` is "" for a WebSocket. Only the bare app has one that is ``bare``, and only apps that offer the
    capability ``needs`` have one that names it."""

    kind: str
    method: str
    path: str
    summary: str
    deeper: bool = False
    bare: bool = False
    needs: str = ""

    @property
    def asked_for(self) -> tuple[str, str, str]:
        """The identity of an endpoint: its kind, method and path."""
        return self.kind, self.method, self.path

    def answers(self, path: str) -> bool:
        """True if it answers a request's path, which carries no query."""
        wanted, given = self.path.split("/"), path.split("/")
        if len(given) < len(wanted) or (len(given) > len(wanted) and not self.deeper):
            return False
        # A parameter takes one segment that is not empty.
        return all(
            bool(have) if want.startswith("{") else want == have for want, have in zip(wanted, given, strict=False)
        )


@dataclass(frozen=True, slots=True)
class Contract:
    """All endpoints, in the order of their declaration."""

    title: str
    endpoints: tuple[Endpoint, ...]

    def knows(self, method: str, path: str, kind: str = HTTP) -> bool:
        """True if an endpoint answers this. ``path`` may carry a query; ``method`` is ignored for a WebSocket."""
        return bool(self._asked(method, path, kind))

    def bare(self, method: str, path: str, kind: str = HTTP) -> bool:
        """True if only the bare app answers this."""
        found = self._asked(method, path, kind)
        return bool(found) and all(endpoint.bare for endpoint in found)

    def _asked(self, method: str, path: str, kind: str) -> list[Endpoint]:
        bare = path.partition("?")[0]
        return [
            endpoint
            for endpoint in self.endpoints
            if endpoint.kind == kind and (kind == WEBSOCKET or endpoint.method == method) and endpoint.answers(bare)
        ]

    def nearest(self, path: str) -> str:
        """A hint for a path that the contract lacks: what else is asked of that very path, or the nearest path."""
        bare = path.partition("?")[0]
        same = [f"{one.method or one.kind} {one.path}" for one in self.endpoints if one.answers(bare)]
        if same:
            return "the contract has " + ", ".join(same)
        return nearest(bare, dict.fromkeys(endpoint.path for endpoint in self.endpoints))


def load_wsgi_contract(root: Path) -> Contract:
    """The contract of the WSGI apps in a folder of frameworks: one without endpoints where the folder has none. Raises
    DocumentError, with the place, where it is wrong."""
    return load_contract(root, WSGI_FILE) if (root / WSGI_FILE).is_file() else Contract("", ())


def load_contract(root: Path, name: str = FILE) -> Contract:
    """The contract in a folder of frameworks. Raises DocumentError, with the place, where it is wrong."""
    document = documents.read(root / name)
    documents.check_keys(document, {"contract": True, "endpoints": True}, "a contract")
    listed = document.get("endpoints")
    if listed is None or not listed.items():
        raise DocumentError("'endpoints' is a list with at least one endpoint", place=document.place)
    for problem in problems(document):
        raise problem
    return Contract(documents.text_of(document, "contract"), tuple(endpoint_of(node) for node in listed.items()))


def problems(document: Node) -> Iterator[DocumentError]:
    """The errors of each endpoint of a contract, and endpoints that are declared twice."""
    listed = document.get("endpoints")
    seen: set[tuple[str, str, str]] = set()
    for node in listed.items() if listed is not None else ():
        try:
            endpoint = endpoint_of(node)
        except DocumentError as error:
            yield error
            continue
        if endpoint.asked_for in seen:
            yield DocumentError(f"{endpoint.path} is declared twice", place=node.place)
        seen.add(endpoint.asked_for)


def endpoint_of(node: Node) -> Endpoint:
    """One endpoint's declaration. Raises DocumentError where it is wrong."""
    documents.check_keys(node, KEYS, "an endpoint")
    kind = documents.text_of(node, "kind")
    if kind not in (HTTP, WEBSOCKET):
        hint = nearest(kind, (HTTP, WEBSOCKET))
        raise DocumentError(f"no kind is called {kind!r}", hint=hint, place=at(node, "kind"))
    method = documents.text_of(node, "method")
    if bool(method) != (kind == HTTP):
        what = "an endpoint of kind http has a 'method'" if kind == HTTP else "a WebSocket has no 'method'"
        raise DocumentError(what, place=at(node, "method"))
    path = documents.text_of(node, "path")
    if not path.startswith("/") or "?" in path:
        raise DocumentError("'path' begins with / and has no query", place=at(node, "path"))
    summary = documents.text_of(node, "summary")
    needs = documents.text_of(node, "needs")
    if needs and needs not in FEATURES:
        hint = nearest(needs, FEATURES)
        raise DocumentError(f"no app offers a capability called {needs!r}", hint=hint, place=at(node, "needs"))
    deeper, bare = documents.flag_of(node, "deeper"), documents.flag_of(node, "bare")
    return Endpoint(kind, method, path, summary, deeper, bare, needs)


def at(node: Node, name: str) -> SourceSpan:
    """The place of a key's value, or of the node if there is no such key."""
    found = node.get(name)
    return found.place if found else node.place
