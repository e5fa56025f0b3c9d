"""A request of the uwsgi protocol, sans I/O: its variables become the head of a request over HTTP.

A connection has one request: a head of four bytes, the variables, and the body.
"""

from __future__ import annotations

from .proxy import Malformed

HEAD = 4
_OWN = ("HTTP_CONNECTION", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING")


def take(buffer: bytearray) -> dict[str, str] | None:
    """Take the variables at the start of ``buffer`` out of it; None if more bytes are needed. Raises Malformed."""
    if len(buffer) < HEAD:
        return None
    if buffer[0] != 0:
        raise Malformed(f"modifier 1 is {buffer[0]}, and only 0 is a request")
    end = HEAD + int.from_bytes(buffer[1:3], "little")
    if len(buffer) < end:
        return None
    block = bytes(buffer[HEAD:end])
    del buffer[:end]
    return _variables(block)


def head_of(variables: dict[str, str]) -> bytes:
    """The head of the request. Raises Malformed."""
    if any(set(value) & set("\r\n\0") for pair in variables.items() for value in pair):
        raise Malformed("a variable has a line break")
    method, target = variables.get("REQUEST_METHOD", ""), variables.get("REQUEST_URI", "")
    lines = [f"{method} {target} {variables.get('SERVER_PROTOCOL', 'HTTP/1.1')}", "Connection: close"]
    for name, field in (("CONTENT_LENGTH", "Content-Length"), ("CONTENT_TYPE", "Content-Type")):
        if variables.get(name):
            lines.append(f"{field}: {variables[name]}")
    fields = [name for name in variables if name.startswith("HTTP_") and name not in _OWN]
    lines += [f"{name.removeprefix('HTTP_').replace('_', '-')}: {variables[name]}" for name in fields]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def client_of(variables: dict[str, str]) -> tuple[str, int] | None:
    """The client's address; None if there is none."""
    host, port = variables.get("REMOTE_ADDR", ""), variables.get("REMOTE_PORT", "")
    return (host, int(port)) if host and port.isdecimal() else None


def _variables(block: bytes) -> dict[str, str]:
    words: list[str] = []
    at = 0
    while at < len(block):
        start = at + 2
        at = start + int.from_bytes(block[at:start], "little")
        if at > len(block):
            raise Malformed("a variable is longer than the block")
        words.append(block[start:at].decode("latin-1"))
    if len(words) % 2:
        raise Malformed("a name has no value")
    return dict(zip(words[::2], words[1::2], strict=True))
