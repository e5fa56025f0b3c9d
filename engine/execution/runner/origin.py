"""The part of an application that did something wrong in a job, by what the observer saw. Pure.

Two things show it, and nothing else does:

an exception      left the application and was raised in one of the app's files, or in a package while no frame of the
                  traceback was the app's; it counts if the failing expectation is about the exception, or if the
                  response failed: a status of 500 or above, or none
a wrong message   that ASGI forbids in any application (a second start, a body that is text): the part whose code called
                  send() is wrong. An app that only uses the framework's API calls no send()

A status or body other than the expected one is no evidence: either the app or the framework chose it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.model.boundary import AppCall, Event, OpaqueValue
from engine.model.expectation import Mismatch
from engine.model.origin import OWNER_OF_APP, Origin, Part
from engine.model.wire_bytes import TruncatedBytes

_SOCKET = frozenset({"websocket.accept", "websocket.send", "websocket.close"})
_OUTCOME = frozenset({"raised", "returned"})


def origin_of(calls: Iterable[AppCall], mismatches: Sequence[Mismatch]) -> Origin | None:
    """The origin of a failure with these mismatches, from the job's calls of the application; None if nothing shows
    it."""
    about_outcome = any(one.where in _OUTCOME for one in mismatches)
    about_headers = any(one.where.startswith("sent.") and "headers" in one.where for one in mismatches)
    for call in calls:
        found = _of_exception(call, about_outcome) or _of_message(call, about_headers)
        if found is not None:
            return found
    return None


def _of_exception(call: AppCall, about_outcome: bool) -> Origin | None:
    if not call.raised or not call.raised_by or not (about_outcome or _response_failed(call)):
        return None
    return _origin(call.raised_by, f"{call.raised} was raised at {call.raised_at}")


def _response_failed(call: AppCall) -> bool:
    """True if the application began no response, or answered with an error of its own."""
    if call.type != "http":
        return call.type == "lifespan" or not any(_type(event) == "websocket.accept" for event in _sent(call))
    starts = [event.message.get("status") for event in _sent(call) if _type(event) == "http.response.start"]
    return not starts or any(isinstance(status, int) and status >= 500 for status in starts)


def _of_message(call: AppCall, about_headers: bool) -> Origin | None:
    for event, wrong in wrong_messages(call, header_names=about_headers):
        return _origin(event.by, f"{wrong}, sent by {event.by}") if event.by else None
    return None


def _origin(owner: str, because: str) -> Origin:
    return Origin(Part.APP if owner == OWNER_OF_APP else Part.FRAMEWORK, because)


def wrong_messages(call: AppCall, *, header_names: bool = False) -> Iterable[tuple[Event, str]]:
    """The messages that ASGI forbids, each with the reason, in the order in which they were sent. ``header_names`` also
    reports names in upper case, which most servers accept."""
    if call.type == "http":
        yield from _wrong_http(_sent(call), header_names)
    elif call.type == "websocket":
        yield from _wrong_websocket(_sent(call))


def _wrong_http(events: Iterable[Event], header_names: bool) -> Iterable[tuple[Event, str]]:
    started = ended = trailers = False
    for event in events:
        message, kind = event.message, _type(event)
        if kind == "http.response.start":
            if started:
                yield event, "a second http.response.start"
            if wrong := _wrong_start(message, header_names):
                yield event, wrong
            started, trailers = True, bool(message.get("trailers"))
        elif kind == "http.response.body":
            body = message.get("body", b"")
            if not started:
                yield event, "an http.response.body before the start"
            elif ended:
                yield event, "an http.response.body after the last one"
            elif not isinstance(body, (bytes, TruncatedBytes)):
                yield event, f"a body that is {_class(body)}"
            ended = ended or (not message.get("more_body") and not trailers)
        elif not kind.startswith("http.response."):
            yield event, f"a message {kind!r} in an http call"


def _wrong_start(message: Mapping[str, object], header_names: bool) -> str:
    status, headers = message.get("status"), message.get("headers", ())
    if not isinstance(status, int) or isinstance(status, bool):
        return f"a status that is {_class(status)}"
    if not isinstance(headers, (list, tuple)):
        return ""  # any iterable will do, and the observer uses none up
    for pair in headers:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(one, bytes) for one in pair):
            return "a header that is no pair of bytes"
        if header_names and pair[0] != pair[0].lower():
            return f"the header name {pair[0].decode('latin-1')!r} in upper case"
    return ""


def _wrong_websocket(events: Iterable[Event]) -> Iterable[tuple[Event, str]]:
    accepted = closed = False
    for event in events:
        message, kind = event.message, _type(event)
        if closed:
            yield event, f"a {kind} after websocket.close"
        elif kind == "websocket.accept" and accepted:
            yield event, "a second websocket.accept"
        elif kind == "websocket.send":
            data, text = message.get("bytes"), message.get("text")
            if not accepted:
                yield event, "a websocket.send before the accept"
            elif (data is None) == (text is None):
                yield event, "a websocket.send without exactly one of bytes and text"
            elif not isinstance(text if data is None else data, str if data is None else (bytes, TruncatedBytes)):
                yield event, "a websocket.send whose data are of the wrong type"
        elif kind not in _SOCKET and not kind.startswith("websocket.http.response."):
            yield event, f"a message {kind!r} in a websocket call"
        accepted = accepted or kind == "websocket.accept"
        closed = closed or kind == "websocket.close"


def _sent(call: AppCall) -> list[Event]:
    return [event for event in call.events if event.way == "sent"]


def _type(event: Event) -> str:
    return str(event.message.get("type", ""))


def _class(value: object) -> str:
    return value.cls if isinstance(value, OpaqueValue) else type(value).__name__
