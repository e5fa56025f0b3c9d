"""The parts of a ``request`` that only HTTP/1.1 has: keys, fields, and facts. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from engine.model.case import Step
from engine.model.expectation import Group, Literal
from engine.model.variables import Unknown
from engine.model.wire_bytes import ByteString
from engine.steps.request.facts import OF_CLIENT

if TYPE_CHECKING:
    from engine.steps.request.step import RequestParams

# The fields of a connection (RFC 9113, section 8.2.2), and Expect, whose response has no connection to keep.
OF_CONNECTION = frozenset(
    {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade", "expect", "http2-settings"}
)
FACTS = frozenset({"reason", "version", "framing", "chunks", "wire"})
"""The facts that only HTTP/1.1 has."""
_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_invalid = re.compile(rb"[\x00\r\n]")


def http1_only(step: Step) -> str:
    """The reason why a ``request`` can be performed over HTTP/1.1 only, "" if over HTTP/2 as well."""
    params = cast("RequestParams", step.params)
    return _of_keys(params) or _of_fields(params) or _of_checks(step)


def _of_keys(params: RequestParams) -> str:
    if params.framing is not None:
        return "it sets `framing`"
    if params.version != "1.1":
        return "it sets `version`"
    if params.follow or params.cookies is not None:
        return "httpx performs it, over HTTP/1.1"
    if params.method != "CONNECT" and params.path != "*" and not params.path.startswith(("/", "$(")):
        return "its target is in a form of HTTP/1.1"
    return ""


def _of_fields(params: RequestParams) -> str:
    """Fields of a connection, those whose value has another meaning over HTTP/2, and malformed ones, which HTTP/2
    refuses by other means."""
    names = [name.lower() for name, _ in params.headers]
    for name, value in (*params.headers, *params.trailers):
        lower, data = name.lower(), _text(value)
        if lower in OF_CONNECTION:
            return f"it sends the field {name}"
        if lower == "te" and (data is None or data.strip().lower() != b"trailers"):
            return "it sends TE with another value than trailers"
        if lower == "content-length" and not _same_length(params, data):
            return "it sends a Content-Length of its own"
        if "$(" not in name and not _token.fullmatch(name):
            return f"it sends the malformed field name {name!r}"
        if data is not None and (_invalid.search(data) or data != data.strip(b" \t")):
            return f"it sends a value of {name} that is malformed over HTTP/2"
    if names.count("host") > 1:
        return "it sends Host twice"
    return ""


def _text(value: ByteString) -> bytes | None:
    """A value that is known before there is a run; None for one with a variable."""
    try:
        return value.render({})
    except (Unknown, ValueError):
        return None


def _same_length(params: RequestParams, value: bytes | None) -> bool:
    body = _text(params.body) if params.body is not None else b""
    return value is not None and body is not None and value == b"%d" % len(body) and not params.trailers


def _of_checks(step: Step) -> str:
    for name in sorted(step.checks.facts & (FACTS | OF_CLIENT)):
        return f"it checks `{name}`" if name in FACTS else f"httpx finds `{name}`, over HTTP/1.1"
    groups = [one for one in (step.checks.expect, step.checks.should) if one is not None]
    if any(_expects_an_end(one) for one in groups):
        return "it expects the end of the connection"
    return ""


def _expects_an_end(group: Group) -> bool:
    """True if ``open`` is to be false: HTTP/2 keeps a connection where HTTP/1.1 closes it."""
    found = [one.matcher for one in group.expectations if one.fact == "open"]
    closed = any(isinstance(one, Literal) and one.value is False for one in found)
    return closed or any(_expects_an_end(one) for one in group.any_of)
