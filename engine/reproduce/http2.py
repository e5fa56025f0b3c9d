"""Shell commands that send the requests of a connection over HTTP/2 by curl, one for each stream. Pure."""

from __future__ import annotations

import shlex

from engine.protocols.http2.fields import FieldDecoder
from engine.protocols.http2.frames import CONTINUATION, DATA, END_HEADERS, HEADERS, PREFACE, RST_STREAM, FrameReader

# The fields that curl makes itself, that of the engine, and those that it adds unless they are given.
_OWN = frozenset({"content-length", "x-engine-call"})
_ADDED = ("user-agent", "accept")
_LONGEST = 2000


class _Requests:
    """The requests among the frames of a client: the fields and the content of each stream."""

    def __init__(self, data: bytes) -> None:
        self.fields: dict[int, list[tuple[bytes, bytes]]] = {}
        self.bodies: dict[int, bytes] = {}
        self.sound = True
        reader, decoder, section = FrameReader(), FieldDecoder(), b""
        reader.feed(data)
        while (one := reader.next()) is not None:
            frame = one[0]
            if frame.type in (HEADERS, CONTINUATION):
                section = frame.content or b"" if frame.type == HEADERS else section + frame.payload
                if frame.flags & END_HEADERS:
                    again = frame.stream in self.fields
                    self.sound = self.sound and not again  # trailers, which curl does not send
                    self.fields.setdefault(frame.stream, decoder.decode(section))
            elif frame.type == DATA:
                self.bodies[frame.stream] = self.bodies.get(frame.stream, b"") + (frame.content or b"")
            elif frame.type == RST_STREAM:
                self.sound = False
        self.sound = self.sound and not decoder.broken


def commands(data: bytes, authority: str, *, tls: bool) -> str:
    """The commands, one on a line, for everything that a client has sent on a connection; "" for anything that curl
    would not send. ``authority`` is the address at which the server listens then."""
    found = _Requests(data.removeprefix(PREFACE))
    lines = [_curl(fields, found.bodies.get(stream, b""), authority, tls) for stream, fields in found.fields.items()]
    return "\n".join(lines) if found.sound and all(lines) else ""


def _curl(fields: list[tuple[bytes, bytes]], body: bytes, authority: str, tls: bool) -> str:
    texts = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
    pseudo = {name: value for name, value in texts if name.startswith(":")}
    regular = [(name, value) for name, value in texts if not name.startswith(":")]
    method, path = pseudo.get(":method", ""), pseudo.get(":path", "")
    readable = body.isascii() and b"\0" not in body and len(body) <= _LONGEST
    if not path.startswith("/") or "#" in path or not readable or not all(value.isascii() for _, value in texts):
        return ""
    words = ["curl", "-i", "--path-as-is", *(["--insecure", "--http2"] if tls else ["--http2-prior-knowledge"])]
    words += ["--globoff"] if set(path) & set("[]{}") else []
    if method == "HEAD":
        words.append("--head")
    elif method != ("POST" if body else "GET"):
        words += ["-X", method]
    words += ["--data-raw", body.decode()] if body else []
    known = {name for name, _ in regular}
    for name in (*_ADDED, *(["content-type"] if body else [])):
        words += [] if name in known else ["-H", f"{name}:"]
    for name, value in regular:
        words += [] if name in _OWN else ["-H", f"{name}: {value}" if value else f"{name};"]
    own = pseudo.get(":authority", authority)
    if own.partition(":")[0] != authority.partition(":")[0]:
        words += ["-H", f"host: {own}"]
    return shlex.join([*words, f"{'https' if tls else 'http'}://{authority}{path}"])
