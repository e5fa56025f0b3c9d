"""A ``request`` that follows redirects or keeps cookies, as statements. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from engine.model.case import Step
from engine.model.variables import resolve
from engine.protocols.http1 import Pair
from engine.reproduce.unroll.facts import RESPONSE, FactExpressions
from engine.reproduce.unroll.source import CannotUnroll
from engine.reproduce.unroll.unroller import Unroller, arguments
from engine.reproduce.unroll.variables import large
from engine.steps.http1.facts import TAKES_BROKEN
from engine.steps.request.step import RequestParams
from engine.steps.shared.values import text

# The fields that httpx adds for its user.
USUAL = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"reproduction"),
)


def with_usual(headers: Sequence[Pair]) -> list[Pair]:
    """Headers with those that a client adds for its user, where they are missing."""
    given = {name.lower() for name, _ in headers}
    return [*[pair for pair in USUAL if pair[0].lower() not in given], *headers]


def browse(unroller: Unroller, step: Step, wanted: str, headers: Sequence[Pair]) -> None:
    """Write a request for a target, with its redirects and cookies. Raises CannotUnroll."""
    params, names = cast(RequestParams, step.params), unroller.names
    if unroller.tls is not None:
        raise CannotUnroll("a `request` over TLS that follows redirects or keeps cookies has no form in plain Python")
    if not (unroller.case.delivery.whole or unroller.case.delivery.singly):
        raise CannotUnroll("a delivery in pieces has no form for a `request` that follows redirects or keeps cookies")
    jar = ""
    if params.cookies is not None:
        jar = jar_of(unroller, text(params.cookies, names))
    body = names.octets(names.render(params.body), large(params.body, names)) if params.body is not None else ""
    sized = [(b"Content-Length", str(len(names.render(params.body))).encode())] if params.body is not None else []
    sent = [(b"Host", names.host.encode()), *with_usual([*sized, *headers])]
    pairs = ", ".join(f"({names.text(a.decode('latin-1'))}, {names.text(b.decode('latin-1'))})" for a, b in sent)
    reply = unroller.name(step.name) if step.name else "reply"
    connection = unroller.open(step.connection) if step.connection is not None else ""
    given = arguments(
        names.text(text(params.method, names)), names.text(wanted), f"[{pairs}]",
        f"body={body}" if body else "",
        f"jar={jar}" if jar else "",
        "" if resolve(params.follow, names) is False else f"follow={names.expression(resolve(params.follow, names))}",
        f"connection={connection}" if connection else "",
        unroller.seconds(step.checks.within),
        "" if unroller.case.delivery.whole else "deliver=byte_by_byte",
    )  # fmt: skip
    unroller.line(f"{reply} = browse({given})")
    if not step.checks.facts & TAKES_BROKEN:
        unroller.check("outcome", f"{reply}.outcome", "'response'")
    # Each redirect may have a connection of its own, so the calls are found by their time.
    unroller.note(step, f"{reply}.began", connection=step.connection or "", reply=reply, precise=True)
    cookies = {"cookie": f"{jar}.value({{rest!r}})"} if jar else {}
    unroller.checks(step, FactExpressions(RESPONSE.plain, {**RESPONSE.families, **cookies}), reply, body or "b''")


def jar_of(unroller: Unroller, name: str) -> str:
    """The Python name of a jar, which is made if the name is new."""
    if name not in unroller.jars:
        unroller.jars[name] = unroller.name(name)
        unroller.line(f"{unroller.jars[name]} = Jar()")
    return unroller.jars[name]
