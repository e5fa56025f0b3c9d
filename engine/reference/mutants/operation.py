"""Faults in operation: addresses, the PROXY protocol, limits, the last request, pings, the access log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import connection, log, main, proxy
from ..connection import ServerConnection
from ..frames import ClientFrames
from ..limits import LIMITS, Limits
from ..proxy import Malformed, ProxyHeader
from ..service import ServerState
from ..session import WebSocketConversation
from .base import Install, Mutant, Scope, replaced, scopes


def _within(seconds: float) -> Install:
    """Give a header of the PROXY protocol another time."""

    def wrong(right: Any) -> Any:
        async def introduced(self: ServerConnection) -> bool:
            try:
                async with asyncio.timeout(seconds):
                    return bool(await right(self))
            except TimeoutError:
                return False

        return introduced

    return replaced(ServerConnection, "_introduced", wrong)


def _cut_path(scope: Scope) -> None:
    path, port = scope["server"]
    if port is None:
        scope["server"] = (path[0], path[1])


def _empty_client(scope: Scope) -> None:
    scope["client"] = scope["client"] or ("", "0")


def _path_of_the_socket(scope: Scope) -> None:
    server, port = scope["server"]
    if port is None and scope["path"] != "/health":
        scope["path"] = server


def _mapped(scope: Scope) -> None:
    host, port = scope["client"]
    scope["client"] = ("::ffff:127.0.0.1" if host == "::1" else host, port)


def _without_ends(right: Any) -> Any:
    return lambda buffer: ProxyHeader() if right(buffer) is not None else None


def _unknown_refused(behind: bytes) -> Any:
    """Refuse UNKNOWN with this byte behind it."""

    def wrong(right: Any) -> Any:
        def text(buffer: bytearray) -> Any:
            if buffer.startswith(b"PROXY UNKNOWN" + behind):
                raise Malformed("the protocol is unknown")
            return right(buffer)

        return text

    return wrong


def _binary_refused(right: Any) -> Any:
    def binary(buffer: bytearray) -> Any:
        raise Malformed("version 2 is not supported")

    return binary


def _local_used(right: Any) -> Any:
    def binary(buffer: bytearray) -> Any:
        if len(buffer) > 12 and buffer[12] == 0x20:
            buffer[12] = 0x21
        return right(buffer)

    return binary


def _line_skipped(right: Any) -> Any:
    def text(buffer: bytearray) -> Any:
        try:
            return right(buffer)
        except Malformed:
            del buffer[: buffer.find(b"\r\n") + 2]
            return ProxyHeader()

    return text


def _header_optional(right: Any) -> Any:
    def take(buffer: bytearray, version: str) -> Any:
        return ProxyHeader() if buffer.startswith(b"GET ") else right(buffer, version)

    return take


def _unlimited(name: str) -> Install:
    """One limit of a head is the default one, whatever the options say."""

    def wrong(right: Any) -> Any:
        def take(buffer: bytearray, limits: Limits = LIMITS) -> Any:
            return right(buffer, replace(limits, **{name: getattr(LIMITS, name)}))

        return take

    return replaced(connection, "take", wrong)


def _nothing(right: Any) -> Any:
    return lambda *given, **more: None


def _silence_accepted(right: Any) -> Any:
    def close(self: WebSocketConversation, code: int, why: str) -> None:
        if why != "no answer to a ping":
            right(self, code, why)

    return close


def _without_status(right: Any) -> Any:
    return lambda client, request, version, status, size: right(client, request, version, 0, size)


def _in_a_clean_environment(right: Any) -> Any:
    """Like a manager of services, which passes on only the variables that it knows."""

    def loaded(name: str) -> Any:
        for other in [one for one in os.environ if not one.startswith(("ENGINE", "PYTHON")) and one != "PATH"]:
            del os.environ[other]
        return right(name)

    return loaded


MUTANTS: Mapping[str, Mutant] = {
    "proxy-header-hasty": Mutant("a PROXY header has to be there within 2 s", _within(2.0)),
    "unix-server-cut": Mutant("on a Unix socket server is the first two letters of the path", scopes(_cut_path)),
    "unix-client-empty": Mutant("on a Unix socket client is an empty host and a port as text", scopes(_empty_client)),
    "unix-path-confused": Mutant("on a Unix socket path is that of the socket", scopes(_path_of_the_socket)),
    "ipv6-client-mapped": Mutant("the client ::1 is called ::ffff:127.0.0.1", scopes(_mapped)),
    "proxy-text-unused": Mutant(
        "the addresses of a PROXY header of version 1 are ignored", replaced(proxy, "_text", _without_ends)
    ),
    "proxy-unknown-refused": Mutant(
        "a PROXY header with UNKNOWN and more words is refused", replaced(proxy, "_text", _unknown_refused(b" "))
    ),
    "proxy-unknown-alone-refused": Mutant(
        "a PROXY header with UNKNOWN and no more words is refused", replaced(proxy, "_text", _unknown_refused(b"\r"))
    ),
    "proxy-binary-refused": Mutant(
        "a PROXY header of version 2 is refused", replaced(proxy, "_binary", _binary_refused)
    ),
    "proxy-local-used": Mutant(
        "the addresses of a PROXY header with LOCAL are used", replaced(proxy, "_binary", _local_used)
    ),
    "proxy-malformed-skipped": Mutant(
        "a malformed PROXY header of version 1 is skipped", replaced(proxy, "_text", _line_skipped)
    ),
    "proxy-optional": Mutant(
        "a connection without a PROXY header is served", replaced(proxy, "take", _header_optional)
    ),
    "request-line-unlimited": Mutant("the limit of request lines is ignored", _unlimited("request_line")),
    "field-unlimited": Mutant("the limit of field lines is ignored", _unlimited("field")),
    "fields-unlimited": Mutant("the limit of the number of fields is ignored", _unlimited("fields")),
    "head-unlimited": Mutant("the limit of heads is ignored", _unlimited("head")),
    "body-unlimited": Mutant("the limit of bodies is ignored", replaced(Limits, "check_body", _nothing)),
    "last-request-forgotten": Mutant(
        "no worker is replaced after its requests", replaced(ServerState, "count", _nothing)
    ),
    "no-pings": Mutant("no pings are sent", replaced(ClientFrames, "ping", _nothing)),
    "silent-clients-kept": Mutant(
        "a client that answers no ping stays connected", replaced(WebSocketConversation, "_close", _silence_accepted)
    ),
    "environment-cleared": Mutant(
        "workers keep only the engine's own variables of the environment",
        replaced(main, "loaded", _in_a_clean_environment),
    ),
    "access-log-without-status": Mutant("the access log has no status", replaced(log, "access", _without_status)),
}
