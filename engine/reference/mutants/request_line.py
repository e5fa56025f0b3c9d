"""Faults in request lines, targets and Host: lenient parsing, and what one request leaves for the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from .. import connection, head, log, target
from ..connection import ServerConnection
from ..limits import LIMITS
from ..refused import RequestRefused
from ..scope import below
from ..target import RequestTarget
from .base import Install, Mutant, Scope, everywhere, heads, replaced, scopes

Line = tuple[bytes, bytes, str]


def _line(change: Callable[[bytes], bytes]) -> Install:
    """Change each request line before the head is read."""

    def changed(data: bytes) -> bytes:
        line, end, rest = data.partition(b"\r\n")
        return change(line) + end + rest

    return heads(changed)


def _parsed(change: Callable[[bytes], Line]) -> Install:
    """Parse request lines in another way."""
    return everywhere(head._request_line, lambda right: change)


def _refused_in_a_scope(pattern: str, path: bool) -> Install:
    """Answer 500 if the path, or the query, has something."""

    def change(scope: Scope) -> None:
        text = scope["path"] if path else scope["query_string"].decode("latin-1")
        if re.search(pattern, text):
            raise RequestRefused(500, "SEM-45", "no such character")

    return scopes(change)


def _kept(*names: str, merge: Callable[[Any, Any], Any]) -> Install:
    """Merge values of a request's scope with those of the request before it on the connection."""
    before: dict[Any, Scope] = {}

    def change(scope: Scope) -> None:
        last = before.get(scope["client"])
        before[scope["client"]] = dict(scope)
        if last is not None:
            scope.update({name: merge(last[name], scope[name]) for name in names})

    return scopes(change, probes=False)


def _tail_kept(old: Any, new: Any) -> Any:
    return new + old[len(new) :]


def _host_kept(old: list[Any], new: list[Any]) -> list[Any]:
    hosts = [pair for pair in old if pair[0] == b"host"]
    return hosts + [pair for pair in new if pair[0] != b"host"] if hosts else new


def _hosts(alter: Callable[[bytes], bytes]) -> Install:
    """Change the value of Host in the scope."""

    def change(scope: Scope) -> None:
        scope["headers"] = [(name, alter(value) if name == b"host" else value) for name, value in scope["headers"]]

    return scopes(change)


def _first_and_last_space(line: bytes) -> Line:
    method, _, rest = line.partition(b" ")
    path, _, version = rest.rpartition(b" ")
    if not path or not version.startswith(b"HTTP/1."):
        raise RequestRefused(400, "H1-13", "the first line is no request line")
    return method, path, "1.0" if version.endswith(b"0") else "1.1"


def _first_words(line: bytes) -> Line:
    words = [*line.split(), b"/", b"/"]
    return words[0], words[1], "1.0" if words[-1] == b"HTTP/1.0" else "1.1"


def _without_a_version(right: Any) -> Any:
    def request_line(line: bytes) -> Line:
        found: Line = right(line if b" HTTP/" in line or line.count(b" ") != 1 else line + b" HTTP/1.0")
        return found

    return request_line


def _version_as(pattern: bytes) -> Callable[[Any], Any]:
    """Take every version that matches a pattern as HTTP/1.1."""
    expression = re.compile(rb"(\S+ \S+) " + pattern)

    def wrong(right: Any) -> Any:
        def request_line(line: bytes) -> Line:
            match = expression.fullmatch(line)
            found: Line = right(match[1] + b" HTTP/1.1" if match else line)
            return found

        return request_line

    return wrong


def _minor_kept(right: Any) -> Any:
    def request_line(line: bytes) -> Line:
        method, path, version = right(line)
        return method, path, line[-3:].decode() if version == "1.1" else version

    return request_line


def _two_minors(right: Any) -> Any:
    def request_line(line: bytes) -> Line:
        if line[-1:] not in b"01":
            raise RequestRefused(505, "H1-07", "the versions here are HTTP/1.0 and HTTP/1.1")
        found: Line = right(line)
        return found

    return request_line


def _refusing_empty_lines(right: Any) -> Any:
    def take(buffer: bytearray, *more: Any) -> Any:
        if buffer.startswith(b"\r\n"):
            raise RequestRefused(400, "H1-13", "the first line is no request line")
        return right(buffer, *more)

    return take


def _waiting_behind_empty_lines(right: Any) -> Any:
    return lambda buffer, *more: None if buffer.startswith(b"\r\n\r\n") else right(buffer, *more)


def _refusing_ahead(right: Any) -> Any:
    """Refuse what comes behind a request before that request is served."""

    def take(buffer: bytearray, *more: Any) -> Any:
        request = right(buffer, *more)
        if request is not None and buffer and request.length == 0:
            right(bytearray(buffer), *more)
        return request

    return take


def _nothing_behind_the_last(right: Any) -> Any:
    def take(buffer: bytearray, *more: Any) -> Any:
        request = right(buffer, *more)
        if request is not None and buffer and "close" in request.words(b"connection") and request.length == 0:
            raise RequestRefused(400, "SEM-22", "bytes behind the last request")
        return request

    return take


def _telling(form: bytes) -> Callable[[Any], Any]:
    """Answer an invalid request with its own first line in a place."""

    def wrong(right: Any) -> Any:
        def refuse(self: ServerConnection, error: RequestRefused) -> None:
            text = re.sub(rb"[\r\n]+", b" ", bytes(self._stream.buffer[:200]))
            self._stream.put(form.replace(b"%d", b"%d" % error.status).replace(b"%s", text))

        return refuse

    return wrong


def _target(change: Callable[[RequestTarget], RequestTarget]) -> Install:
    """Change each target that was parsed."""

    def wrong(right: Any) -> Any:
        return lambda method, path: change(right(method, path))

    return everywhere(target.parsed, wrong)


def _before_parsing(change: Callable[[bytes, bytes], RequestTarget | None]) -> Install:
    """Take some targets in another way; None leaves one to the right function."""

    def wrong(right: Any) -> Any:
        return lambda method, path: change(method, path) or right(method, path)

    return everywhere(target.parsed, wrong)


def _decoded(decode: Callable[[bytes], str]) -> Install:
    """Decode the path in another way."""
    return _target(lambda found: found if found.path == "*" else replace(found, path=decode(found.raw_path)))


def _overlong(raw: bytes) -> str:
    data = unquote_to_bytes(raw).replace(b"\xc0\xaf", b"/").replace(b"\xe0\x80\xaf", b"/").replace(b"\xc0\xae", b".")
    return data.replace(b"\xc0\x80", b"\0").decode("utf-8", "replace")


def _as_is(path: bytes) -> RequestTarget:
    raw, _, query = path.partition(b"?")
    return RequestTarget(unquote_to_bytes(raw).decode("utf-8", "replace"), raw, query)


def _whole_address(method: bytes, path: bytes) -> RequestTarget | None:
    return _as_is(path) if method != b"CONNECT" and b"://" in path and not path.startswith(b"/") else None


def _no_address(method: bytes, path: bytes) -> RequestTarget | None:
    if not path.startswith((b"/", b"*")):
        raise RequestRefused(400, "H1-26", "a target begins with a slash")
    return None


def _no_bare_address(method: bytes, path: bytes) -> RequestTarget | None:
    if re.fullmatch(rb"(?i)http://[^/]*", path):
        raise RequestRefused(400, "H1-26", "a target has a path")
    return None


def _any_target(method: bytes, path: bytes) -> RequestTarget | None:
    return None if method == b"CONNECT" or path.startswith((b"/", b"*", b"http://")) else _as_is(path)


def _host_and_port(method: bytes, path: bytes) -> RequestTarget | None:
    return _as_is(path) if method != b"CONNECT" and re.fullmatch(rb"[^/?#]+:\d+", path) else None


def _asterisk(method: bytes, path: bytes) -> RequestTarget | None:
    return RequestTarget("*", b"*", b"") if path == b"*" else None


def _no_asterisk(method: bytes, path: bytes) -> RequestTarget | None:
    if path == b"*":
        raise RequestRefused(400, "H1-26", "a target begins with a slash")
    return None


def _tunnel(method: bytes, path: bytes) -> RequestTarget | None:
    if method == b"CONNECT":
        raise RequestRefused(200, "SEM-39", "connected")
    return None


def _two_slashes(method: bytes, path: bytes) -> RequestTarget | None:
    match = re.fullmatch(rb"//[^/?]*(.*)", path)
    return target._split(match[1] or b"/", None) if match else None


def _alternating() -> Install:
    turn = [0]

    def change(found: RequestTarget) -> RequestTarget:
        if found.path != "*":
            return found
        turn[0] += 1
        return replace(found, path="*" if turn[0] % 2 else "/")

    return _target(change)


def _escaped(path: bytes) -> bytes:
    return re.sub(rb'["<>\\^`{|}\[\]]', lambda match: b"%%%02X" % ord(match[0]), path)


def _kept_without_end(right: Any) -> Any:
    """Wait for the end of a request line of any length."""

    def take(buffer: bytearray, *more: Any) -> Any:
        endless = len(buffer) > LIMITS.request_line and b"\n" not in buffer
        return None if endless else right(buffer, *more)

    return take


def _root_cut_off(right: Any) -> Any:
    return lambda root, path: path.removeprefix(root) or "/"


def _names_as_written(data: bytes) -> bytes:
    return re.sub(rb"\r\n(?!Host:)(?i:host):", b"\r\nx-host:", data)


def _needed_in_1_0(data: bytes) -> bytes:
    return data if re.search(rb"(?i)\r\nhost:", data) else data.replace(b" HTTP/1.0\r\n", b" HTTP/1.1\r\n", 1)


def _equal_hosts(data: bytes) -> bytes:
    found = re.findall(rb"(?i)\r\nhost:[ \t]*([^\r]*)", data)
    if len(found) < 2 or len(set(found)) > 1:
        return data
    first, *others = re.split(rb"(?i)\r\nhost:[^\r]*", data)
    host: bytes = found[0]
    return first + b"\r\nHost: " + host + b"".join(others)


def _some_hosts(right: Any) -> Any:
    return lambda value: re.fullmatch(rb"[A-Za-z0-9.-]+(:[0-9]+)?", value) is not None


def _counting_lines(right: Any) -> Any:
    async def serve(self: ServerConnection, request: Any) -> bool:
        place = request.target
        self._lines = getattr(self, "_lines", 0) + len(place.raw_path) + len(place.query)  # type: ignore[attr-defined]
        if self._lines > LIMITS.request_line:  # type: ignore[attr-defined]
            raise RequestRefused(414, "H1-11", "too many bytes of request lines")
        return bool(await right(self, request))

    return serve


def _raw_log(right: Any) -> Any:
    def access(client: Any, request: str, version: str, status: int, size: int) -> None:
        log._write(f'reference: {client} "{request} HTTP/{version}" {status} {size}\n')

    return access


def _raised(status: int) -> None:
    raise RequestRefused(status, "SEM-45", "there is no such method")


def _split_or_500(right: Any, path: bytes, host: bytes | None) -> Any:
    try:
        return right(path, host)
    except RequestRefused as error:
        raise RequestRefused(500, error.clause, error.why) from None


_one = b"HTTP/1.1 %d Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

MUTANTS: Mapping[str, Mutant] = {
    "method-cut": Mutant(
        "only the first 16 bytes of a method are kept",
        _line(lambda line: re.sub(rb"\A([^ ]{16})[^ ]*", rb"\1", line)),
    ),
    "method-unknown-500": Mutant(
        "a method that is not well known is answered with 500",
        scopes(
            lambda scope: _raised(500) if re.search("[^A-Z]|^.{8,}$|^.$", scope.get("method", "GET")) else None,
        ),
    ),
    "method-cleaned": Mutant(
        "bytes that no token has are removed from the method",
        _line(lambda line: re.sub(rb"\A[^ ]+", lambda m: re.sub(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]", b"", m[0]), line)),
    ),
    "method-of-the-last-request": Mutant(
        "the end of a longer method of the last request is kept", _kept("method", merge=_tail_kept)
    ),
    "path-of-the-last-request": Mutant(
        "the end of a longer path of the last request is kept",
        _kept("path", "raw_path", merge=_tail_kept),
    ),
    "query-of-the-last-request": Mutant(
        "the query of the last request stays if a request has none",
        _kept("query_string", merge=lambda old, new: new or old),
    ),
    "host-of-the-last-request": Mutant("the Host of the last request stays", _kept("headers", merge=_host_kept)),
    "version-of-the-last-request": Mutant(
        "the version of the last request stays", _kept("http_version", merge=lambda old, new: old)
    ),
    "line-split-at-its-ends": Mutant(
        "the target is all between the first and the last space", _parsed(_first_and_last_space)
    ),
    "line-split-anywhere": Mutant("the first two words of a line are method and target", _parsed(_first_words)),
    "line-without-version": Mutant(
        "a line without a version is served", everywhere(head._request_line, _without_a_version)
    ),
    "version-with-any-digits": Mutant(
        "a version with more digits is HTTP/1.1",
        everywhere(head._request_line, _version_as(rb"HTTP/[+-]?\d+[.,]\d+")),
    ),
    "version-in-any-case": Mutant(
        "the name HTTP is taken in any letter case", everywhere(head._request_line, _version_as(rb"(?i:http)/1\.1"))
    ),
    "version-by-its-end": Mutant(
        "another name before the version is taken", everywhere(head._request_line, _version_as(rb"[A-Z]+/1\.[01]"))
    ),
    "version-by-its-start": Mutant(
        "every version that begins with HTTP/1 is taken", everywhere(head._request_line, _version_as(rb"HTTP/1[^\r]*"))
    ),
    "version-of-digits": Mutant(
        "all that begins with HTTP is a version", everywhere(head._request_line, _version_as(rb"HTTP[^\r]*"))
    ),
    "minor-version-in-the-scope": Mutant(
        "http_version is 1.2 for HTTP/1.2", everywhere(head._request_line, _minor_kept)
    ),
    "minor-version-refused": Mutant("HTTP/1.2 is refused", everywhere(head._request_line, _two_minors)),
    "empty-line-refused": Mutant(
        "an empty line before the request line is refused", replaced(connection, "take", _refusing_empty_lines)
    ),
    "empty-lines-hang": Mutant(
        "behind two empty lines nothing is answered", replaced(connection, "take", _waiting_behind_empty_lines)
    ),
    "first-fields-stripped": Mutant(
        "white space before the first field's name is removed",
        heads(lambda data: re.sub(rb"\A([^\r]*\r\n)[ \t]+", rb"\1", data)),
    ),
    "refused-too-early": Mutant(
        "an invalid request is answered before the valid one before it", replaced(connection, "take", _refusing_ahead)
    ),
    "bytes-behind-the-last-refused": Mutant(
        "a request with Connection: close is refused if more bytes follow",
        replaced(connection, "take", _nothing_behind_the_last),
    ),
    "reason-tells": Mutant(
        "the reason phrase of a refusal is the request",
        replaced(
            ServerConnection, "_refuse", _telling(b"HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        ),
    ),
    "field-tells": Mutant(
        "a field of a refusal has the request",
        replaced(ServerConnection, "_refuse", _telling(_one.replace(b"\r\nConn", b"\r\nX-Error: %s\r\nConn"))),
    ),
    "page-tells": Mutant(
        "the page of a refusal has the request",
        replaced(
            ServerConnection,
            "_refuse",
            _telling(b"HTTP/1.1 %d Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>%s</p>"),
        ),
    ),
    "two-slashes-are-a-host": Mutant(
        "a path that begins with two slashes loses its first segment", _before_parsing(_two_slashes)
    ),
    "dots-removed": Mutant(
        "two dots and a slash are removed from the path",
        _target(lambda found: replace(found, path=found.path.replace("../", ""))),
    ),
    "escape-500": Mutant(
        "an invalid escape in the path is answered with 500",
        everywhere(target._split, lambda right: lambda path, host: _split_or_500(right, path, host)),
    ),
    "bytes-500": Mutant(
        "a path that is no UTF-8 is answered with 500", _refused_in_a_scope("\ufffd", path=True)
    ),
    "overlong-decoded": Mutant("overlong forms are decoded", _decoded(_overlong)),
    "nul-ends-the-path": Mutant(
        "the path ends at a NUL", _target(lambda found: replace(found, path=found.path.partition("\0")[0]))
    ),
    "query-escape-500": Mutant(
        "an invalid escape in the query is answered with 500",
        _refused_in_a_scope("%(?![0-9A-Fa-f]{2})", path=False),
    ),
    "octets-dropped": Mutant(
        "control characters and bytes beyond ASCII are removed from the target",
        _line(lambda line: re.sub(rb"(?<= )([^ ]*)(?= )", lambda m: re.sub(rb"[^\x21-\x7e]", b"", m[0]), line)),
    ),
    "characters-escaped": Mutant("characters that no URI has are escaped", _line(_escaped)),
    "fragment-passed-on": Mutant(
        "a fragment is a part of the path or the query",
        _before_parsing(lambda method, path: _as_is(path) if b"#" in path and path.startswith(b"/") else None),
    ),
    "any-target-served": Mutant("a target needs no slash", _before_parsing(_any_target)),
    "authority-served": Mutant("a host and a port are a path", _before_parsing(_host_and_port)),
    "asterisk-served": Mutant("the target * is taken from every method", _before_parsing(_asterisk)),
    "asterisk-refused": Mutant("OPTIONS * is refused", _before_parsing(_no_asterisk)),
    "asterisk-by-turns": Mutant("OPTIONS * is * once and / the next time", _alternating()),
    "connect-answered": Mutant("CONNECT is answered with 200", _before_parsing(_tunnel)),
    "address-refused": Mutant("a target in absolute form is refused", _before_parsing(_no_address)),
    "address-as-path": Mutant("a target in absolute form is the path", _before_parsing(_whole_address)),
    "address-without-path-refused": Mutant(
        "a target in absolute form without a path is refused", _before_parsing(_no_bare_address)
    ),
    "target-cut": Mutant(
        "a target ends at 7,990 bytes",
        _line(lambda line: re.sub(rb"\A([^ ]+ [^ ]{7990})[^ ]*", rb"\1", line)),
    ),
    "lines-of-any-size": Mutant(
        "a target is kept until its line ends", replaced(connection, "take", _kept_without_end)
    ),
    "root-path-cut-off": Mutant("the path begins behind the root path", everywhere(below, _root_cut_off)),
    "lines-counted-together": Mutant(
        "the limit of a request line holds for all lines of a connection",
        replaced(ServerConnection, "_serve", _counting_lines),
    ),
    "log-as-decoded": Mutant("line breaks of a target are in the access log", replaced(log, "access", _raw_log)),
    "host-as-written-only": Mutant("the name Host is case-sensitive", heads(_names_as_written)),
    "host-needed-in-1-0": Mutant("a request of HTTP/1.0 without Host is refused", heads(_needed_in_1_0)),
    "equal-hosts-served": Mutant("equal lines of Host count as one", heads(_equal_hosts)),
    "host-of-letters-only": Mutant(
        "a Host has letters, digits, hyphens and dots", everywhere(target.is_authority, _some_hosts)
    ),
    "host-without-port": Mutant(
        "the port of Host is removed", _hosts(lambda value: re.sub(rb":[0-9]*\Z", b"", value))
    ),
    "host-in-small-letters": Mutant("Host comes in small letters", _hosts(bytes.lower)),
}  # fmt: skip
