"""The facts of a WebSocket's opening handshake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from websockets.exceptions import InvalidHeaderFormat
from websockets.headers import parse_extension
from websockets.utils import accept_key

from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import FLAG, OBJECT, TEXT, list_of
from engine.steps.api.facts import fact
from engine.steps.http1.facts import ResponseFacts
from engine.steps.http1.session import Response
from engine.steps.websocket.session import Extension


class HandshakeFacts(ResponseFacts):
    """The response to a handshake, and what it agrees on."""

    compared: ClassVar[tuple[str, ...]] = (*ResponseFacts.compared, "subprotocol", "extensions")

    def __init__(
        self, response: Response, key: str, subprotocols: Sequence[str], offers: Sequence[str], *, scripted: bool
    ) -> None:
        """``key`` is what the server must have hashed, ``subprotocols`` and ``offers`` what it may choose from;
        ``scripted`` says that a script is to follow, which implies status 101."""
        super().__init__(response)
        self._key = key
        self._subprotocols = subprotocols
        self._offered = {offer.partition(";")[0].strip().lower() for offer in offers}
        self._scripted = scripted
        self.refused = ""

    @property
    def is_open(self) -> bool:
        """True if the server agreed, rightly or not."""
        return self.response.status == 101

    @property
    def extensions(self) -> list[Extension] | None:
        """The extensions that the server accepted, in order; None if the header cannot be parsed."""
        found: list[Extension] = []
        for value in self.response.values("sec-websocket-extensions"):
            try:
                found.extend((str(name), params) for name, params in parse_extension(value))
            except InvalidHeaderFormat:
                return None
        return found

    @fact("opened", FLAG)
    def opened(self) -> object:
        """True if the response opens the WebSocket: by status 101, over HTTP/2 by any 2xx."""
        return ABSENT if self.response.status is None else self.is_open

    @fact("subprotocol", TEXT)
    def subprotocol(self) -> object:
        """The subprotocol that the server chose."""
        return self.header("sec-websocket-protocol") if self.is_open else ABSENT

    @fact("extensions", list_of(OBJECT))
    def agreed_extensions(self) -> object:
        """The extensions that the server agreed to, each with name and params."""
        found = self.extensions if self.is_open else None
        return ABSENT if found is None else [{"name": name, "params": dict(params)} for name, params in found]

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        found = list(super().implicit_failures(named))
        status = self.response.status
        if self._scripted and status is not None and not self.is_open and not named & {"status", "opened"}:
            found.append(Mismatch("status", "101", status, why="a script needs an open WebSocket"))
        if self.is_open:
            found.extend(self._wrong(named))
        if self.refused and not found:
            found.append(Mismatch("handshake", "a response that websockets accepts", self.refused, implicit=True))
        return found

    def _wrong(self, named: frozenset[str]) -> list[Mismatch]:
        """The faults for which a client must fail the connection (RFC 6455, section 4.1), without those that the case
        expects."""
        found = self._upgrade(named)
        chosen = self.response.values("sec-websocket-protocol")
        if not set(chosen) <= set(self._subprotocols) and "subprotocol" not in named:
            found.append(
                Mismatch("subprotocol", f"to be one of {list(self._subprotocols)}", chosen, why="RFC 6455, 4.1")
            )
        names = None if self.extensions is None else {one.lower() for one, _ in self.extensions}
        if (names is None or not names <= self._offered) and "extensions" not in named:
            header = self.response.values("sec-websocket-extensions")
            found.append(Mismatch("extensions", f"to be among {sorted(self._offered)}", header, why="RFC 6455, 4.1"))
        return found

    def _upgrade(self, named: frozenset[str]) -> list[Mismatch]:
        """The faults in the upgrade from HTTP/1.1."""
        found = []
        for name, expected in (("upgrade", "websocket"), ("connection", "upgrade")):
            values = self.response.values(name)
            words = {word.strip().lower() for value in values for word in value.split(",")}
            if expected not in words and not named & {f"header.{name}", f"headers.{name}"}:
                found.append(Mismatch(f"headers.{name}", f"to contain {expected!r}", values, why="RFC 6455, 4.1"))
        expected, name = accept_key(self._key), "sec-websocket-accept"
        values = self.response.values(name)
        if values != [expected] and not named & {f"header.{name}", f"headers.{name}"}:
            found.append(Mismatch(f"header.{name}", repr(expected), values, why=f"for the key {self._key}"))
        return found
