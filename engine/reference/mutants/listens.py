"""Faults in where a server listens and in what stands before it: addresses, the PROXY protocol, the root path, and the
number of connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .. import proxy, uwsgi
from ..connection import ServerConnection
from ..options import Options
from ..proxy import SIGNATURE, Malformed, ProxyHeader
from ..scope import below, scope_of
from ..server import ReferenceServer
from .base import Install, Mutant, Scope, everywhere, replaced, scopes

_START = len(SIGNATURE)


def _websocket(change: Callable[[Scope], None]) -> Install:
    def wrong(scope: Scope) -> None:
        if scope["type"] == "websocket":
            change(scope)

    return scopes(wrong)


def _without_server(scope: Scope) -> None:
    if scope["server"][1] is None:
        scope["server"] = None


def _path_cut(scope: Scope) -> None:
    path, port = scope["server"]
    if port is None:
        scope["server"] = (path[0], path[1])


def _ends_swapped(scope: Scope) -> None:
    scope["client"], scope["server"] = scope["server"], scope["client"]


def _without_brackets(scope: Scope) -> None:
    scope["headers"] = [
        (name, value.replace(b"[", b"").replace(b"]", b"") if name == b"host" else value)
        for name, value in scope["headers"]
    ]


def _raw_path_text(scope: Scope) -> None:
    scope["raw_path"] = scope["raw_path"].decode()


def _unix_path_as_target(scope: Scope) -> None:
    if scope["server"] and scope["server"][1] is None:
        scope["raw_path"] = scope["server"][0].encode()


def _one_host(right: Any) -> Any:
    """Like a server that has one scope for all connections without an address."""
    hosts: dict[Any, Any] = {}

    def wrong(request: Any, kind: str, ends: Any, *more: Any, **names: Any) -> Any:
        scope = right(request, kind, ends, *more, **names)
        if ends[0] is None and scope["path"] != "/health":
            found = hosts.setdefault("host", dict(scope["headers"]).get(b"host", b""))
            scope["headers"] = [(name, found if name == b"host" else value) for name, value in scope["headers"]]
        return scope

    return wrong


# the root path


def _root_twice_after_the_first(right: Any) -> Any:
    """Like a server that puts the root path before a path that it keeps."""
    seen: list[str] = []

    def wrong(request: Any, kind: str, ends: Any, state: Any, options: Options, **more: Any) -> Any:
        scope = right(request, kind, ends, state, options, **more)
        if options.root_path and scope["path"] != "/health":
            scope["path"] = options.root_path * (2 * seen.count(scope["path"])) + scope["path"]
            seen.append(scope["path"])
        return scope

    return wrong


def _root_in_query(scope: Scope) -> None:
    if scope["root_path"]:
        scope["query_string"] = scope["query_string"].replace(scope["root_path"].encode(), b"")


def _raw_decoded(scope: Scope) -> None:
    if scope["root_path"]:
        scope["raw_path"] = scope["path"].encode()


def _root_removed(scope: Scope) -> None:
    scope["path"] = scope["path"].removeprefix(scope["root_path"]) or "/"


def _root_not_in_path(scope: Scope) -> None:
    if scope["root_path"]:
        scope["path"] = scope["path"].removeprefix(scope["root_path"])


def _root_empty(scope: Scope) -> None:
    scope["root_path"] = ""


def _root_by_letters(right: Any) -> Any:
    return lambda root, path: path if path.startswith(root) else root + path


# the PROXY protocol


def _line(change: Callable[[bytes], bytes]) -> Install:
    """Change the first line, without its CRLF, before it is read."""

    def wrong(right: Any) -> Any:
        def text(buffer: bytearray) -> Any:
            end = buffer.find(b"\r\n")
            if end >= 0:
                buffer[:end] = change(bytes(buffer[:end]))
            return right(buffer)

        return text

    return replaced(proxy, "_text", wrong)


def _upper(line: bytes) -> bytes:
    return line.upper() if line[:10].upper() in (b"PROXY TCP4", b"PROXY UNKN") else line


def _int(word: bytes) -> bytes:
    try:
        return str(int(word)).encode()
    except ValueError:
        return word


def _ports_by_int(line: bytes) -> bytes:
    words = line.split(b" ")
    return b" ".join([*words[:4], *map(_int, words[4:])])


def _unknown_with_addresses(line: bytes) -> bytes:
    return line.replace(b"PROXY UNKNOWN 192", b"PROXY TCP4 192")


def _lf_ends(right: Any) -> Any:
    def text(buffer: bytearray) -> Any:
        end = buffer.find(b"\n")
        if end > 0 and buffer[end - 1] != 13:
            buffer[end : end + 1] = b"\r\n"
        return right(buffer)

    return text


def _cr_ends(right: Any) -> Any:
    def text(buffer: bytearray) -> Any:
        end = buffer.find(b"\r")
        if 0 < end < len(buffer) - 1 and buffer[end + 1] != 10:
            buffer[end : end + 1] = b"\r\n"
        return right(buffer)

    return text


def _line_unlimited(right: Any) -> Any:
    """Like a server that looks for CRLF first, and for the length only without it."""

    def text(buffer: bytearray) -> Any:
        end = buffer.find(b"\r\n")
        if end > proxy.LONGEST_LINE - 2 and buffer.startswith(b"PROXY UNKNOWN "):
            del buffer[: end + 2]
            return ProxyHeader()
        return right(buffer)

    return text


def _longest(size: int) -> Install:
    return lambda: setattr(proxy, "LONGEST_LINE", size)


def _rest_lost(right: Any) -> Any:
    """Like a server that reads the header, and drops what else arrived with it."""

    def take(buffer: bytearray, version: str) -> Any:
        before = len(buffer)
        header = right(buffer, version)
        if header is not None and before > 400:
            del buffer[60000:]
        return header

    return take


def _needs_one_read(right: Any) -> Any:
    def take(buffer: bytearray, version: str) -> Any:
        header = right(buffer, version)
        if header is None and buffer:
            raise Malformed("the header is not complete")
        return header

    return take


def _again(right: Any) -> Any:
    """Like a parser that looks for a header before each request."""

    async def head(self: ServerConnection) -> Any:
        stream, options = self._stream, self._service.options
        if not stream.buffer:
            await stream.fill()
        if options.proxy_protocol and stream.buffer.startswith((b"PROXY ", SIGNATURE)):
            header = proxy.take(stream.buffer, options.proxy_protocol)
            if header is not None and header.ends is not None:
                stream.ends = header.ends
        return await right(self)

    return head


def _unasked(right: Any) -> Any:
    """Like a server that recognizes a header, whether it is expected or not."""

    async def head(self: ServerConnection) -> Any:
        stream = self._stream
        if not self._service.options.proxy_protocol:
            if not stream.buffer:
                await stream.fill()
            if stream.buffer.startswith((b"PROXY ", SIGNATURE)):
                proxy.take(stream.buffer, "any")
        return await right(self)

    return head


def _first_request_only(right: Any) -> Any:
    seen: set[Any] = set()

    def wrong(request: Any, kind: str, ends: Any, *more: Any, **names: Any) -> Any:
        scope = right(request, kind, ends, *more, **names)
        if scope["client"] and not scope["client"][0].startswith("127."):
            if ends in seen:
                scope["client"] = ("127.0.0.1", 1)
            seen.add(ends)
        return scope

    return wrong


def _first_connection(right: Any) -> Any:
    """Like a parser that keeps the addresses in its class."""
    found: list[Any] = []

    def wrong(request: Any, kind: str, ends: Any, *more: Any, **names: Any) -> Any:
        scope = right(request, kind, ends, *more, **names)
        if ends[0] and not ends[0][0].startswith("127."):
            found.append(ends[0])
        if found:
            scope["client"] = found[-1]
        return scope

    return wrong


def _not_proxied(scope: Scope) -> None:
    if scope["client"] and scope["client"][0].startswith("192.0.2."):
        scope["client"] = ("127.0.0.1", 1)


def _own_server(scope: Scope) -> None:
    if scope["server"] and scope["server"][0].startswith("198.51.100."):
        scope["server"] = ("127.0.0.1", 80)


def _answered(right: Any) -> Any:
    """Like a server that reports the client, on the connection itself."""

    async def introduced(self: ServerConnection) -> bool:
        ok: bool = await right(self)
        if ok and not str(self._stream.ends[0]).startswith("('127."):
            self._stream.put(b"OK\r\n")
        return ok

    return introduced


def _header(change: Callable[[bytearray], None]) -> Install:
    """Change a complete header of version 2 before it is read."""

    def wrong(right: Any) -> Any:
        def binary(buffer: bytearray) -> Any:
            if len(buffer) >= _START + 4 and len(buffer) >= _START + 4 + int.from_bytes(buffer[14:16], "big"):
                change(buffer)
            return right(buffer)

        return binary

    return replaced(proxy, "_binary", wrong)


def _version_ignored(buffer: bytearray) -> None:
    buffer[12] = 0x20 | (buffer[12] & 15)


def _command_ignored(buffer: bytearray) -> None:
    if buffer[12] >> 4 == 2 and buffer[12] & 15:
        buffer[12] = 0x21


def _family_ignored(buffer: bytearray) -> None:
    if buffer[13] >> 4 > 3:
        buffer[13] = 0


def _transport_ignored(buffer: bytearray) -> None:
    if buffer[13] & 15 > 2:
        buffer[13] = 0


def _udp_used(buffer: bytearray) -> None:
    if buffer[13] in (0x12, 0x10, 0x22):
        buffer[13] = (buffer[13] & 0xF0) | 1


def _unspecified_used(buffer: bytearray) -> None:
    if buffer[13] >> 4 == 0 and buffer[15] == 12:
        buffer[13] = 0x11


def _unix_as_text(buffer: bytearray) -> None:
    if buffer[13] in (0x31, 0x32):
        buffer[13] = 0x11


def _vectors_refused(buffer: bytearray) -> None:
    if buffer[12] == 0x21 and buffer[13] == 0x11 and int.from_bytes(buffer[14:16], "big") > 12:
        raise Malformed("more than addresses")


def _vectors_kept(buffer: bytearray) -> None:
    if buffer[13] == 0x11 and int.from_bytes(buffer[14:16], "big") > 12:
        buffer[14:16] = b"\0\x0c"


def _length_of_one_byte(buffer: bytearray) -> None:
    buffer[14] = 0


def _block_of_local_kept(buffer: bytearray) -> None:
    if buffer[12] == 0x20:
        buffer[14:16] = b"\0\0"


def _short_blocks(buffer: bytearray) -> None:
    size = int.from_bytes(buffer[14:16], "big")
    if buffer[12] == 0x21 and size < {0x11: 12, 0x21: 36}.get(buffer[13], 0):
        buffer[13] = 0


def _signature_cut(right: Any) -> Any:
    def take(buffer: bytearray, version: str) -> Any:
        if buffer.startswith(SIGNATURE[:8]) and len(buffer) >= _START:
            buffer[:_START] = SIGNATURE
        return right(buffer, version)

    return take


def _one_version(right: Any) -> Any:
    def take(buffer: bytearray, version: str) -> Any:
        if version == "v2" and buffer.startswith(b"PROXY "):
            raise Malformed("a line of version 1")
        return right(buffer, version)

    return take


def _both_versions(right: Any) -> Any:
    return lambda buffer, version: right(buffer, "any")


# the uwsgi protocol


def _without(*names: str) -> Install:
    """Variables of a request of the uwsgi protocol are lost."""
    return replaced(
        uwsgi,
        "head_of",
        lambda right: lambda variables: right({name: value for name, value in variables.items() if name not in names}),
    )


def _target_of_path(right: Any) -> Any:
    return lambda variables: right({**variables, "REQUEST_URI": variables.get("PATH_INFO", "")})


def _body_lost(right: Any) -> Any:
    def take(buffer: bytearray) -> Any:
        found = right(buffer)
        if found is not None and found.get("CONTENT_LENGTH"):
            del buffer[60000:]
        return found

    return take


def _uwsgi_in_one_read(right: Any) -> Any:
    def take(buffer: bytearray) -> Any:
        found = right(buffer)
        if found is None and buffer:
            raise Malformed("the packet is not complete")
        return found

    return take


def _crowd(right: Any) -> Any:
    """The limit of connections is ignored."""

    def wrong(self: ReferenceServer, app: Any, options: Options) -> None:
        right(self, app, replace(options, limit_connections=0))

    return wrong


MUTANTS: Mapping[str, Mutant] = {
    "unix-server-missing": Mutant("on a Unix socket the scope has no server", scopes(_without_server)),
    "unix-websocket-server-cut": Mutant(
        "on a Unix socket the server of a WebSocket is the first two letters of the path", _websocket(_path_cut)
    ),
    "unix-one-host": Mutant(
        "all requests over a Unix socket have the first one's Host", everywhere(scope_of, _one_host)
    ),
    "unix-path-as-target": Mutant(
        "on a Unix socket the raw_path of a WebSocket is that of the socket", _websocket(_unix_path_as_target)
    ),
    "websocket-ends-swapped": Mutant("client and server of a WebSocket are swapped", _websocket(_ends_swapped)),
    "websocket-raw-path-text": Mutant("raw_path of a WebSocket is text", _websocket(_raw_path_text)),
    "host-without-brackets": Mutant("the brackets of a Host are removed", scopes(_without_brackets)),
    "root-path-not-in-websockets": Mutant("a WebSocket has an empty root_path", _websocket(_root_empty)),
    "root-path-not-in-a-websockets-path": Mutant(
        "the path of a WebSocket has no root path", _websocket(_root_not_in_path)
    ),
    "root-path-removed": Mutant("the path lacks the root path that was sent", scopes(_root_removed, probes=False)),
    "root-path-added-up": Mutant(
        "each request for a path has the root path once more in it", everywhere(scope_of, _root_twice_after_the_first)
    ),
    "root-path-out-of-the-query": Mutant("the root path is removed from a query", scopes(_root_in_query)),
    "root-path-raw-is-decoded": Mutant("below a root path raw_path is decoded", scopes(_raw_decoded)),
    "root-path-by-letters": Mutant(
        "a path that begins with the letters of the root path counts as below it", everywhere(below, _root_by_letters)
    ),
    "proxy-line-in-lower-case": Mutant("words of a PROXY line may be in lower case", _line(_upper)),
    "proxy-ports-by-int": Mutant("ports of a PROXY line may have signs and underscores", _line(_ports_by_int)),
    "proxy-unknown-used": Mutant("addresses behind UNKNOWN are used", _line(_unknown_with_addresses)),
    "proxy-lf-ends-the-line": Mutant("a bare LF ends a PROXY line", replaced(proxy, "_text", _lf_ends)),
    "proxy-cr-ends-the-line": Mutant("a bare CR ends a PROXY line", replaced(proxy, "_text", _cr_ends)),
    "proxy-line-unlimited": Mutant(
        "a complete PROXY line may have any length", replaced(proxy, "_text", _line_unlimited)
    ),
    "proxy-line-of-106": Mutant("a PROXY line may have 106 bytes", _longest(106)),
    "proxy-line-of-108": Mutant("a PROXY line may have 108 bytes", _longest(108)),
    "proxy-line-endless": Mutant("a PROXY line without an end is waited for", _longest(100000)),
    "proxy-spaces-joined": Mutant(
        "parts of a PROXY line may be split at a tab", _line(lambda line: line.replace(b"\t", b" "))
    ),
    "proxy-line-stripped": Mutant(
        "spaces at the end of a PROXY line are ignored", _line(lambda line: line.rstrip(b" "))
    ),
    "proxy-rest-lost": Mutant("what arrives with a PROXY header is cut", replaced(proxy, "take", _rest_lost)),
    "proxy-in-one-read": Mutant("a PROXY header must arrive in one piece", replaced(proxy, "take", _needs_one_read)),
    "proxy-later-too": Mutant(
        "a PROXY header before a later request is believed", replaced(ServerConnection, "_head", _again)
    ),
    "proxy-unasked": Mutant(
        "a PROXY header that is not expected is skipped", replaced(ServerConnection, "_head", _unasked)
    ),
    "proxy-first-request-only": Mutant(
        "only the first request of a connection has the client of its PROXY header",
        everywhere(scope_of, _first_request_only),
    ),
    "proxy-shared": Mutant(
        "all connections have the client of the newest PROXY header", everywhere(scope_of, _first_connection)
    ),
    "proxy-not-in-websockets": Mutant(
        "a WebSocket has the connection's own client after a PROXY header", _websocket(_not_proxied)
    ),
    "proxy-destination-unused": Mutant("the destination of a PROXY header is ignored", scopes(_own_server)),
    "proxy-acknowledged": Mutant("a PROXY header is answered", replaced(ServerConnection, "_introduced", _answered)),
    "proxy-version-ignored": Mutant("the version of a binary PROXY header is ignored", _header(_version_ignored)),
    "proxy-command-ignored": Mutant("unknown commands of a PROXY header count as PROXY", _header(_command_ignored)),
    "proxy-family-ignored": Mutant("unknown families of a PROXY header are unspecified", _header(_family_ignored)),
    "proxy-transport-ignored": Mutant(
        "unknown transports of a PROXY header are unspecified", _header(_transport_ignored)
    ),
    "proxy-udp-used": Mutant("the addresses of a PROXY header for UDP are used", _header(_udp_used)),
    "proxy-unspecified-used": Mutant(
        "the addresses of an unspecified PROXY header are used", _header(_unspecified_used)
    ),
    "proxy-unix-used": Mutant("the paths of a PROXY header are read as IPv4", _header(_unix_as_text)),
    "proxy-vectors-refused": Mutant("a PROXY header with vectors is refused", _header(_vectors_refused)),
    "proxy-vectors-kept": Mutant("vectors of a PROXY header count as the request", _header(_vectors_kept)),
    "proxy-length-of-one-byte": Mutant(
        "only the lower byte of a PROXY header's length counts", _header(_length_of_one_byte)
    ),
    "proxy-block-of-local-kept": Mutant("the block behind LOCAL counts as the request", _header(_block_of_local_kept)),
    "proxy-short-blocks": Mutant("a PROXY header with a short block is unspecified", _header(_short_blocks)),
    "proxy-signature-cut": Mutant(
        "only the first bytes of a PROXY header's signature count", replaced(proxy, "take", _signature_cut)
    ),
    "proxy-one-version": Mutant(
        "a receiver of version 2 refuses a line of version 1", replaced(proxy, "take", _one_version)
    ),
    "proxy-both-versions": Mutant(
        "a receiver of version 1 takes a header of version 2", replaced(proxy, "take", _both_versions)
    ),
    "uwsgi-query-lost": Mutant(
        "a request of the uwsgi protocol has no query", replaced(uwsgi, "head_of", _target_of_path)
    ),
    "uwsgi-method-lost": Mutant("a request of the uwsgi protocol has no method", _without("REQUEST_METHOD")),
    "uwsgi-length-lost": Mutant("a request of the uwsgi protocol has no body", _without("CONTENT_LENGTH")),
    "uwsgi-body-cut": Mutant(
        "a body behind the variables of the uwsgi protocol is cut", replaced(uwsgi, "take", _body_lost)
    ),
    "uwsgi-in-one-read": Mutant(
        "a request of the uwsgi protocol must arrive in one piece", replaced(uwsgi, "take", _uwsgi_in_one_read)
    ),
    "connections-unlimited": Mutant(
        "the limit of connections is ignored", replaced(ReferenceServer, "__init__", _crowd)
    ),
}
