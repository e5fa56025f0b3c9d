"""Shell commands that send the bytes of one connection: curl for a request that curl sends unchanged, else a pipe into
nc, or into openssl with TLS. Pure."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.model.network import authority
from engine.model.tls import TlsClientOptions
from engine.protocols.http2.frames import PREFACE
from engine.reproduce import http2

# No shell, and no reader, is given longer texts than this.
LONGEST = 16 * 1024
MOST_PIECES = 100
# So many equal bytes are made by head and tr instead of being written out.
RUN = 128
# The pause for an answer of the server, in seconds, since the commands do not wait for it.
ANSWERED = 0.5
SHORTEST = 0.01
HOLD = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of one write. ``after`` is the pause before it, in seconds; ``answered`` is true if bytes arrived in
    that pause."""

    data: bytes
    after: float = 0.0
    answered: bool = False


@dataclass(frozen=True, slots=True)
class SentStream:
    """The bytes sent on a connection to ``host``:``port``. ``half_closed`` is true if this side then shut down its
    writing half, ``watched`` is the time in seconds that the connection was read after the last piece, and
    ``tls_options`` are the TLS options, None without TLS."""

    pieces: tuple[Piece, ...]
    host: str
    port: int
    half_closed: bool = False
    watched: float = 0.0
    tls_options: TlsClientOptions | None = None


def command(stream: SentStream, *, curls: bool = True) -> str:
    """The command, or "" if it would be too long. ``curls`` is true if the output of curl shows everything relevant."""
    whole = b"".join(piece.data for piece in stream.pieces)
    if whole.startswith(PREFACE):
        found = http2.commands(whole, authority((stream.host, stream.port)), tls=stream.tls_options is not None)
    else:
        found = (curl(stream) if curls else "") or piped(stream)
    return found if len(found) <= LONGEST else ""


def curl(stream: SentStream) -> str:
    """A curl command for one well-formed request; "" for anything that curl would not send unchanged."""
    if len(stream.pieces) != 1 or stream.half_closed or stream.tls_options not in (None, plain(stream.tls_options)):
        return ""
    head, separator, body = stream.pieces[0].data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    words = lines[0].split(b" ")
    if not separator or len(words) != 3 or words[2] not in (b"HTTP/1.0", b"HTTP/1.1") or not head.isascii():
        return ""
    method, target = words[0].decode(), words[1].decode()
    headers: list[tuple[str, str]] = []
    for line in lines[1:]:
        name, colon, value = line.decode().partition(": ")
        if not colon or name.lower() in ("transfer-encoding", "upgrade", "expect") or name.strip() != name:
            return ""
        headers.append((name, value))
    known = [name.lower() for name, _ in headers]
    values = {name.lower(): value for name, value in headers}
    length = values.get("content-length", "")
    # curl always sends one Host. Without a body it sends no length, and with one its own.
    if known.count("host") != 1 or known.count("content-length") != bool(body) or not target.startswith("/"):
        return ""
    if "#" in target:  # the rest would be a fragment, which no client sends
        return ""
    if body and (length != str(len(body)) or not body.isascii() or b"\0" in body or len(body) > 2000):
        return ""
    options = ["--globoff"] if set(target) & set("[]{}") else []
    if stream.tls_options is not None:  # the certificate is created again each time
        options += ["--insecure", "--http1.1"]
    if words[2] == b"HTTP/1.0":
        options.append("--http1.0")
    if stream.watched > HOLD:
        options += ["--max-time", str(math.ceil(stream.watched) + HOLD)]
    if method == "HEAD":
        options.append("--head")
    elif method != ("POST" if body else "GET"):
        options += ["-X", method]
    if body:
        options += ["--data-raw", body.decode()]
    # Fields that curl adds by itself.
    added = ["User-Agent", "Accept", *(["Content-Type"] if body else [])]
    for name in added:
        if name.lower() not in known:
            options += ["-H", f"{name}:"]
    for name, value in headers:
        own = name.lower() == "host" and value == authority((stream.host, stream.port))
        if not own and name.lower() != "content-length":
            options += ["-H", f"{name}: {value}" if value else f"{name};"]
    scheme = "http" if stream.tls_options is None else "https"
    url = f"{scheme}://{authority((stream.host, stream.port))}{target}"
    return shlex.join(["curl", "-i", "--path-as-is", *options, url])


def piped(stream: SentStream) -> str:
    """A pipe into nc or openssl, with pauses between separate writes; "" if it would be too long."""
    if len(stream.pieces) > MOST_PIECES:
        return ""
    words: list[str] = []
    for number, piece in enumerate(stream.pieces):
        if number:
            pause = max(math.ceil(piece.after * 100) / 100, ANSWERED if piece.answered else SHORTEST)
            words.append(f"sleep {pause:g}")
        words += written(piece.data)
    hold = max(HOLD, math.ceil(stream.watched) + 1)
    if not stream.half_closed:
        words.append(f"sleep {hold}")
    longest = max([hold, *(math.ceil(piece.after) + 1 for piece in stream.pieces)])
    into = nc(stream, longest) if stream.tls_options is None else openssl(stream, stream.tls_options)
    return f"({'; '.join(words)}) | {into}"


def nc(stream: SentStream, idle: int) -> str:
    """The nc command, which exits after ``idle`` seconds without traffic."""
    return f"nc{' -N' if stream.half_closed else ''} -w {idle} {stream.host} {stream.port}"


def openssl(stream: SentStream, tls_options: TlsClientOptions) -> str:
    """The same with TLS: openssl s_client with the options of the connection."""
    words = ["openssl", "s_client", "-quiet", "-no_ign_eof"]
    if tls_options.version:
        words.append(f"-tls{tls_options.version.replace('.', '_')}")
    if tls_options.alpn:
        words += ["-alpn", ",".join(tls_options.alpn)]
    return shlex.join([*words, "-connect", authority((stream.host, stream.port))])


def plain(tls_options: TlsClientOptions | None) -> TlsClientOptions:
    """The default TLS options with the same credentials."""
    return TlsClientOptions(tls_options.trust if tls_options is not None else None)


def written(data: bytes) -> list[str]:
    """Commands that write bytes: printf, and head with tr for long runs of one byte."""
    found: list[str] = []
    at = 0
    for run in re.finditer(rb"(.)\1{%d,}" % (RUN - 1), data, re.DOTALL):
        if run.start() > at:
            found.append(f"printf '{octal(data[at : run.start()])}'")
        byte = octal(run[1])
        found.append(f"head -c {len(run[0])} /dev/zero" + (f" | tr '\\0' '{byte}'" if run[1] != b"\0" else ""))
        at = run.end()
    if at < len(data):
        found.append(f"printf '{octal(data[at:])}'")
    return found


def octal(data: bytes) -> str:
    """Bytes for printf's format, or for tr, in single quotes: readable if possible."""
    out: list[str] = []
    for byte in data:
        if byte == 0x0D:
            out.append("\\r")
        elif byte == 0x0A:
            out.append("\\n")
        elif 0x20 <= byte < 0x7F and byte not in b"'\\%":
            out.append(chr(byte))
        else:
            out.append(f"\\{byte:03o}")
    return "".join(out)


def without(pieces: Sequence[Piece], unwanted: re.Pattern[bytes]) -> tuple[Piece, ...]:
    """The pieces without the matches of a pattern in their concatenation. Empty pieces are omitted."""
    whole = b"".join(piece.data for piece in pieces)
    gone = [match.span() for match in unwanted.finditer(whole)]
    found: list[Piece] = []
    start = 0
    for piece in pieces:
        end = start + len(piece.data)
        at, kept = start, b""
        for first, last in gone:
            if at < last and first < end:
                kept += whole[at : max(at, first)]
                at = min(last, end)
        kept += whole[at:end]
        start = end
        if kept:
            found.append(replace(piece, data=kept))
    return tuple(found)
