"""The facts of a ``request``: those of a response, and what a client does for its user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.model.expectation import ABSENT, Unclear
from engine.model.facts import OBJECT, TEXT, WIRE_BYTES, list_of
from engine.model.wire_bytes import WireBytes
from engine.steps.api.facts import fact
from engine.steps.http1.facts import ResponseFacts

if TYPE_CHECKING:
    from engine.clients.http import Jar, Redirect


class RequestFacts(ResponseFacts):
    """An observation of a ``request``. ``jar`` and ``redirects`` are httpx's, where it performed the step."""

    jar: Jar | None = None
    redirects: Sequence[Redirect] = ()

    @fact("content", WIRE_BYTES)
    def content(self) -> object:
        """The body without its content codings: gzip, deflate, br, zstd."""
        if self.response.status is None:
            return ABSENT
        from httpx import Headers  # noqa: PLC0415 (most runs do without httpx)

        from engine.clients.http import decoded  # noqa: PLC0415

        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.response.headers]
        found, why = decoded(Headers(headers), bytes(self.body))
        return Unclear(f"a body that cannot be decoded: {why}") if found is None else WireBytes(found)

    @fact("redirects", list_of(OBJECT))
    def redirects_followed(self) -> object:
        """The redirects that `follow` has followed, in order: the status and the location of each."""
        return [{"status": one.status, "location": one.location} for one in self.redirects]

    @fact("cookie.*", TEXT)
    def cookie(self, name: str) -> object:
        """The value of a cookie in the step's jar; absent without one."""
        found = self.jar.get(name) if self.jar is not None else None
        return ABSENT if found is None else found


# The facts that only a client's own work shows.
OF_CLIENT = frozenset({"content"})
