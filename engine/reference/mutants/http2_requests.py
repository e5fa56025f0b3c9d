"""Faults of HTTP/2: field sections as requests, their content and trailers, and their scopes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..http2 import request
from ..http2.connection import Http2Connection
from ..http2.exchange import Http2Exchange
from ..http2.faults import ConnectionFault, ErrorCode, StreamFault
from ..http2.protocol import Content, Http2Protocol
from ..http2.request import OF_THE_CONNECTION, PSEUDO, request_of, split
from .base import OWN, Event, Install, Mutant, Scope, everywhere, received, replaced, scopes

Fields = list[tuple[bytes, bytes]]
DEFAULTS = {b":method": b"GET", b":scheme": b"http", b":path": b"/", b":authority": b"a"}


def taken(change: Callable[[Fields], Fields]) -> Install:
    """Change the fields of each request before they are checked."""

    def wrong(right: Any) -> Any:
        return lambda stream, fields, *, ended: right(stream, change(list(fields)), ended=ended)

    return everywhere(request_of, wrong)


def _filled(*names: bytes) -> Install:
    """Fill in pseudo-header fields that are missing or empty."""

    def change(fields: Fields) -> Fields:
        found = dict(fields)
        missing = [(name, DEFAULTS[name]) for name in names if not found.get(name)]
        return [*missing, *(field for field in fields if field[1] or field[0] not in names)]

    return taken(change)


def _once(*, last: bool) -> Install:
    """Of several pseudo-header fields of a name only one counts."""

    def change(fields: Fields) -> Fields:
        pseudo = [field for field in fields if field[0][:1] == b":"]
        one = dict(pseudo if last else reversed(pseudo))
        return [*one.items(), *(field for field in fields if field[0][:1] != b":")]

    return taken(change)


def _known_first(fields: Fields) -> Fields:
    return sorted(fields, key=lambda field: field[0][:1] != b":")


def _without_unknown(fields: Fields) -> Fields:
    return [field for field in fields if field[0][:1] != b":" or field[0] in PSEUDO[:4]]


def _lower(fields: Fields) -> Fields:
    return [(name.lower(), value) for name, value in fields]


def _odd_names_dropped(letters: bytes) -> Callable[[Fields], Fields]:
    def change(fields: Fields) -> Fields:
        return [field for field in fields if field[0] and not set(field[0][1:] + b"") & set(letters)]

    return change


def _names_trimmed(fields: Fields) -> Fields:
    return [(name.strip(b" ").replace(b" ", b"-") or b"x-empty", value) for name, value in fields]


def _values_stripped(fields: Fields) -> Fields:
    return [(name, value.strip(b" \t")) for name, value in fields]


def _values_cleaned(letters: bytes) -> Callable[[Fields], Fields]:
    def change(fields: Fields) -> Fields:
        return [(name, value.translate(None, letters)) for name, value in fields]

    return change


def _without(*names: bytes) -> Callable[[Fields], Fields]:
    return lambda fields: [field for field in fields if field[0] not in names]


def _te_dropped(fields: Fields) -> Fields:
    return [field for field in fields if field[0] != b"te" or field[1] == b"trailers"]


def _te_refused(fields: Fields) -> Fields:
    return [(b"connection" if name == b"te" else name, value) for name, value in fields]


def _path_forced(fields: Fields) -> Fields:
    return [
        (name, value if value[:1] in (b"/", b"") else b"/" + value) if name == b":path" else (name, value)
        for name, value in fields
    ]


def _asterisk_refused(fields: Fields) -> Fields:
    return [(name, b"x" if (name, value) == (b":path", b"*") else value) for name, value in fields]


def _pseudo_cut(fields: Fields) -> Fields:
    """Take a pseudo-header field up to the first letter that cannot be in it."""
    return [
        (name, re.split(rb"[\s\0]", value)[0] if name[:1] == b":" and not name[1:2].isupper() else value)
        for name, value in fields
    ]


def _length_odd(fields: Fields) -> Fields:
    return [field for field in fields if field[0] != b"content-length" or field[1].isdigit()]


def _user_dropped(fields: Fields) -> Fields:
    return [(name, value.rpartition(b"@")[2] if name == b":authority" else value) for name, value in fields]


def _host_of_the_line(fields: Fields) -> Fields:
    authority = dict(fields).get(b":authority")
    hosts = [value for name, value in fields if name == b"host"]
    if authority is None and hosts:
        return [*(field for field in fields if field[0] != b"host"), (b"host", hosts[0])]
    return [field for field in fields if field[0] != b"host"]


def _connect_plain(fields: Fields) -> Fields:
    """Serve CONNECT as any other request."""
    found = dict(fields)
    if found.get(b":method") != b"CONNECT":
        return fields
    missing = [(name, value) for name, value in DEFAULTS.items() if name not in found]
    return [*missing, *((name, b"OPTIONS" if name == b":method" else value) for name, value in fields)]


def _connect_fatal(fields: Fields) -> Fields:
    if (b":method", b"CONNECT") in fields:
        raise ConnectionFault(ErrorCode.INTERNAL_ERROR, "H2-68", "no tunnels here")
    return fields


def _malformed_delivered(right: Any) -> Any:
    """Call the application for a malformed request, as if it were one for the root."""

    def begin(self: Http2Protocol, number: int, fields: Any, *, ends: bool) -> Any:
        try:
            return right(self, number, fields, ends=ends)
        except StreamFault:
            safe = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"a")]
            own = [field for field in fields or () if field[0] == OWN]
            return right(self, number, [*safe, *own], ends=ends)

    return begin


def _trailers(change: Callable[[Sequence[tuple[bytes, bytes]]], Fields]) -> Install:
    def wrong(right: Any) -> Any:
        def checked(stream: int, fields: Any, *, trailers: bool = False) -> Any:
            return right(stream, change(fields) if trailers else fields, trailers=trailers)

        return checked

    return everywhere(split, wrong)


def _trailers_may_go_on(right: Any) -> Any:
    return lambda self, number, stream, fields, *, ends: right(self, number, stream, fields, ends=True)


def _length_unchecked(right: Any) -> Any:
    def content(self: Http2Protocol, number: int, stream: Any, data: bytes, *, ends: bool) -> Content:
        stream.length = None
        found: Content = right(self, number, stream, data, ends=ends)
        return found

    return content


def _length_at_the_end_unchecked(when: Callable[[bytes, Any], bool]) -> Callable[[Any], Any]:
    def wrong(right: Any) -> Any:
        def content(self: Http2Protocol, number: int, stream: Any, data: bytes, *, ends: bool) -> Content:
            if ends and when(data, stream):
                stream.length = None
            found: Content = right(self, number, stream, data, ends=ends)
            return found

        return content

    return wrong


def _ended_length_unchecked(right: Any) -> Any:
    return lambda stream, fields, *, ended: right(stream, fields, ended=False)


def _trailers_as_content(right: Any) -> Any:
    def trailers(self: Http2Protocol, number: int, stream: Any, fields: Any, *, ends: bool) -> Any:
        for one in right(self, number, stream, fields, ends=ends):
            yield Content(one.stream, b"".join(b"%s: %s\r\n" % field for field in fields), one.ended)

    return trailers


def _error_ends_others(right: Any) -> Any:
    def reset(self: Http2Protocol, number: int, code: ErrorCode) -> None:
        right(self, number, code)
        if code != ErrorCode.NO_ERROR:
            for other in list(self.streams):
                right(self, other, ErrorCode.CANCEL)

    return reset


# scopes


def _of_http2(change: Callable[[Scope], Scope | None]) -> Install:
    return scopes(lambda scope: change(scope) if scope["http_version"] == "2" else None)


def _put(key: str, value: Callable[[Scope], Any]) -> Install:
    def change(scope: Scope) -> None:
        scope[key] = value(scope)

    return _of_http2(change)


def _host_last(scope: Scope) -> Any:
    return [*(field for field in scope["headers"] if field[0] != b"host"), scope["headers"][0]]


def _shared_scopes() -> Install:
    kept: dict[str, Scope] = {}

    def change(scope: Scope) -> Scope:
        known = kept.setdefault("scope", scope)
        if len(kept) == 1 and known is not scope and known["client"] == scope["client"]:
            return {**scope, "path": known["path"], "raw_path": known["raw_path"]}
        kept["scope"] = scope
        return scope

    return _of_http2(change)


def _crumbs(right: Any) -> Any:
    return list


def _crumbs_by(joint: bytes) -> Callable[[Any], Any]:
    def wrong(right: Any) -> Any:
        return lambda fields: [
            (
                name,
                value.replace(b"; ", joint)
                if name == b"cookie" and sum(one == b"cookie" for one, _ in fields) > 1
                else value,
            )
            for name, value in right(fields)
        ]

    return wrong


def _last_cookie(right: Any) -> Any:
    def joined(fields: Fields) -> Fields:
        last = [field for field in fields if field[0] == b"cookie"][-1:]
        return [*(field for field in fields if field[0] != b"cookie"), *last]

    return joined


# content


def _twice(exchange: Any, event: Event) -> Event:
    if event.get("body") and not event.get("more_body") and event["type"] == "http.request":
        return {**event, "body": event["body"] * 2}
    return event


def _cut(limit: int) -> Callable[[Any, Event], Event]:
    return lambda exchange, event: {**event, "body": event["body"][:limit]} if event.get("body") else event


def _reversed(right: Any) -> Any:
    def take(self: Http2Exchange, data: bytes, *, ended: bool) -> None:
        right(self, data, ended=ended)
        if len(self._content) > 1:
            self._content.insert(0, self._content.pop())

    return take


def _crossed(right: Any) -> Any:
    def happen(self: Http2Connection, happening: Any) -> None:
        if isinstance(happening, Content) and happening.data and len(self._exchanges) > 1:
            happening = Content(max(self._exchanges), happening.data, happening.ended)
        right(self, happening)

    return happen


MUTANTS: Mapping[str, Mutant] = {
    "h2-no-method": Mutant("a request over HTTP/2 without a method is GET", _filled(b":method")),
    "h2-no-scheme": Mutant("a request over HTTP/2 without a scheme has one", _filled(b":scheme")),
    "h2-no-path": Mutant("a request over HTTP/2 without a path has /", _filled(b":path")),
    "h2-no-pseudo": Mutant(
        "a request without any pseudo-header field is GET /", _filled(b":method", b":scheme", b":path", b":authority")
    ),
    "h2-first-pseudo": Mutant("of a pseudo-header field that stands twice the first one counts", _once(last=False)),
    "h2-last-pseudo": Mutant("of a pseudo-header field that stands twice the last one counts", _once(last=True)),
    "h2-pseudo-anywhere": Mutant("pseudo-header fields may stand behind others", taken(_known_first)),
    "h2-unknown-pseudo": Mutant("unknown pseudo-header fields are ignored", taken(_without_unknown)),
    "h2-pseudo-cut": Mutant("a pseudo-header field ends at its first space or line", taken(_pseudo_cut)),
    "h2-names-in-upper-case": Mutant("names of fields may have upper-case letters", taken(_lower)),
    "h2-control-in-names": Mutant(
        "fields whose names have control characters are ignored", taken(_odd_names_dropped(b"\0\n\r\t\x7f\xe9:"))
    ),
    "h2-spaces-in-names": Mutant("names of fields may have spaces, or be empty", taken(_names_trimmed)),
    "h2-space-around-values": Mutant("white space around a value is removed", taken(_values_stripped)),
    "h2-lines-in-values": Mutant("CR and LF are removed from values", taken(_values_cleaned(b"\r\n"))),
    "h2-nul-in-values": Mutant("NUL is removed from values", taken(_values_cleaned(b"\0"))),
    "h2-control-in-values": Mutant(
        "control characters are removed from values", taken(_values_cleaned(b"\x01\x07\x1b\x7f"))
    ),
    "h2-connection-fields": Mutant("fields about the connection are ignored", taken(_without(*OF_THE_CONNECTION))),
    "h2-connection-field": Mutant(
        "Connection and Keep-Alive are ignored", taken(_without(b"connection", b"keep-alive"))
    ),
    "h2-coding-ignored": Mutant("Transfer-Encoding is ignored", taken(_without(b"transfer-encoding"))),
    "h2-upgrade-ignored": Mutant(
        "Upgrade and Proxy-Connection are ignored", taken(_without(b"upgrade", b"proxy-connection"))
    ),
    "h2-any-te": Mutant("TE may have any value", taken(_te_dropped)),
    "h2-te-refused": Mutant("TE: trailers is refused", taken(_te_refused)),
    "h2-any-path": Mutant("a path without a slash is given one", taken(_path_forced)),
    "h2-asterisk-refused": Mutant(
        "OPTIONS * is refused over HTTP/2 as malformed, and ends all", taken(_asterisk_refused)
    ),
    "h2-any-length": Mutant("a Content-Length that is no number is ignored", taken(_length_odd)),
    "h2-user-dropped": Mutant("user information is removed from the authority", taken(_user_dropped)),
    "h2-host-ignored": Mutant("a Host next to :authority is ignored", taken(_host_of_the_line)),
    "h2-connect-served": Mutant("CONNECT is served as another method", taken(_connect_plain)),
    "h2-connect-ends-all": Mutant("CONNECT ends the connection", taken(_connect_fatal)),
    "h2-malformed-delivered": Mutant(
        "a malformed request reaches the application", replaced(Http2Protocol, "_begin", _malformed_delivered)
    ),
    "h2-trailers-unchecked": Mutant("the fields of trailers are not checked", _trailers(lambda fields: [])),
    "h2-trailers-with-pseudo": Mutant(
        "pseudo-header fields of trailers are ignored",
        _trailers(lambda fields: [field for field in fields if field[0][:1] != b":"]),
    ),
    "h2-trailers-go-on": Mutant(
        "a second field section without END_STREAM ends the request",
        replaced(Http2Protocol, "_trailers", _trailers_may_go_on),
    ),
    "h2-trailers-as-content": Mutant(
        "trailers are delivered as content", replaced(Http2Protocol, "_trailers", _trailers_as_content)
    ),
    "h2-length-unchecked": Mutant(
        "content and Content-Length are not compared over HTTP/2",
        replaced(Http2Protocol, "_content", _length_unchecked),
    ),
    "h2-short-content": Mutant(
        "content may be shorter than its Content-Length over HTTP/2",
        replaced(
            Http2Protocol,
            "_content",
            _length_at_the_end_unchecked(lambda data, stream: stream.received + len(data) < (stream.length or 0)),
        ),
    ),
    "h2-empty-end-unchecked": Mutant(
        "content that ends with an empty frame is not compared with its Content-Length",
        replaced(Http2Protocol, "_content", _length_at_the_end_unchecked(lambda data, stream: not data)),
    ),
    "h2-no-content-unchecked": Mutant(
        "a request that ends with its fields may have any Content-Length",
        replaced(request, "_length", _ended_length_unchecked),
    ),
    "h2-error-ends-others": Mutant(
        "an error of one stream resets the others", replaced(Http2Protocol, "reset", _error_ends_others)
    ),
    "h2-version-1": Mutant("http_version of a request over HTTP/2 is 1.1", _put("http_version", lambda scope: "1.1")),
    "h2-version-2-0": Mutant("http_version of a request over HTTP/2 is 2.0", _put("http_version", lambda scope: "2.0")),
    "h2-scheme-https": Mutant(
        "the scheme of a request over HTTP/2 is always https", _put("scheme", lambda scope: "https")
    ),
    "h2-pseudo-in-the-scope": Mutant(
        "pseudo-header fields are headers of the scope",
        _put("headers", lambda scope: [*scope["headers"], (b":path", scope["raw_path"])]),
    ),
    "h2-host-last": Mutant("the authority is the last header of the scope", _put("headers", _host_last)),
    "h2-host-missing": Mutant(
        "the authority is no header of the scope",
        _put("headers", lambda scope: [field for field in scope["headers"] if field[0] != b"host"]),
    ),
    "h2-host-twice": Mutant(
        "the authority is two headers of the scope",
        _put("headers", lambda scope: [scope["headers"][0], *scope["headers"]]),
    ),
    "h2-host-without-port": Mutant(
        "the authority is a header without its port",
        _put(
            "headers",
            lambda scope: [(b"host", re.sub(rb":[0-9]+$", b"", scope["headers"][0][1])), *scope["headers"][1:]],
        ),
    ),
    "h2-query-lost": Mutant("the query of a request over HTTP/2 is lost", _put("query_string", lambda scope: b"")),
    "h2-raw-path-decoded": Mutant(
        "raw_path of a request over HTTP/2 is decoded", _put("raw_path", lambda scope: scope["path"].encode())
    ),
    "h2-fields-joined": Mutant(
        "fields of one name are joined over HTTP/2",
        _put(
            "headers",
            lambda scope: list(
                {name: b", ".join(v for n, v in scope["headers"] if n == name) for name, _ in scope["headers"]}.items()
            ),
        ),
    ),
    "h2-fields-reordered": Mutant(
        "the fields of a request over HTTP/2 are in reverse order",
        _put("headers", lambda scope: [*scope["headers"][:1], *reversed(scope["headers"][1:])]),
    ),
    "h2-values-cut": Mutant(
        "values of more than 2,000 bytes are cut over HTTP/2",
        _put("headers", lambda scope: [(name, value[:2000]) for name, value in scope["headers"]]),
    ),
    "h2-values-in-ascii": Mutant(
        "bytes beyond ASCII are lost from values over HTTP/2",
        _put(
            "headers",
            lambda scope: [(name, bytes(one for one in value if one < 128)) for name, value in scope["headers"]],
        ),
    ),
    "h2-values-squeezed": Mutant(
        "white space in a value becomes one space over HTTP/2",
        _put("headers", lambda scope: [(name, re.sub(rb"[ \t]+", b" ", value)) for name, value in scope["headers"]]),
    ),
    "h2-empty-values-lost": Mutant(
        "fields without a value are lost over HTTP/2",
        _put("headers", lambda scope: [field for field in scope["headers"] if field[1]]),
    ),
    "h2-methods-known": Mutant(
        "unknown methods become GET over HTTP/2",
        _put("method", lambda scope: scope["method"] if scope["method"] in ("GET", "POST", "OPTIONS") else "GET"),
    ),
    "h2-scopes-shared": Mutant("requests of one connection of HTTP/2 have one path", _shared_scopes()),
    "h2-crumbs-apart": Mutant("several Cookie fields stay several", replaced(request, "_with_one_cookie", _crumbs)),
    "h2-crumbs-by-commas": Mutant(
        "several Cookie fields are joined by commas", replaced(request, "_with_one_cookie", _crumbs_by(b", "))
    ),
    "h2-last-crumb": Mutant(
        "of several Cookie fields the last one counts", replaced(request, "_with_one_cookie", _last_cookie)
    ),
    "h2-content-twice": Mutant(
        "the last piece of content is delivered twice over HTTP/2", received(_twice, Http2Exchange)
    ),
    "h2-content-cut": Mutant("a piece of content has at most 8,192 bytes", received(_cut(8192), Http2Exchange)),
    "h2-content-reordered": Mutant(
        "pieces of content that wait are delivered in another order", replaced(Http2Exchange, "take", _reversed)
    ),
    "h2-content-crossed": Mutant(
        "content of one stream reaches the last one", replaced(Http2Connection, "_happen", _crossed)
    ),
}
