"""Faults in what a client acts on for its user: redirects, cookies and content codings."""

from __future__ import annotations

from collections.abc import Mapping

from .base import Event, Mutant, sent, without_headers


def _start(name: bytes) -> Mutant:
    """A mutant that drops a header of each response."""

    def change(exchange: object, event: Event) -> Event:
        return without_headers(event, name) if event.get("type") == "http.response.start" else event

    return Mutant(f"{name.decode().title()} is dropped from responses", sent(change))


MUTANTS: Mapping[str, Mutant] = {
    "location-lost": _start(b"location"),
    "set-cookie-lost": _start(b"set-cookie"),
    "content-encoding-lost": _start(b"content-encoding"),
}
