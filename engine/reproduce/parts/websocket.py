"""WebSocket frames as a client sends and reads them (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import zlib

from engine.reproduce.parts.checks import ABSENT
from engine.reproduce.parts.http1 import Response
from engine.reproduce.parts.wire import Closed, Connection, left

OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x12\x34\x56\x78"


def masked(data: bytes, key: bytes = MASK) -> bytes:
    """Data masked, or unmasked."""
    long_key = (key * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(long_key, "big")).to_bytes(len(data), "big")


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv1: bool = False,
    rsv2: bool = False,
    rsv3: bool = False,
    mask: bool = True,
    length_as: int | None = None,
    claim_length: int | None = None,
    key: bytes = MASK,
) -> bytes:
    """The bytes of one frame, legal or not; ``length_as`` is the number of bits of its length."""
    size = len(payload) if claim_length is None else claim_length
    bits = length_as or (7 if size < 126 else 16 if size < 65536 else 64)
    first, flag = fin << 7 | rsv1 << 6 | rsv2 << 5 | rsv3 << 4 | opcode, mask << 7
    if bits == 7:
        head = bytes([first, flag | size])
    else:
        head = bytes([first, flag | (126 if bits == 16 else 127)]) + size.to_bytes(bits // 8, "big")
    return head + (key + masked(payload, key) if mask else payload)


class Frame:
    """A frame of the server."""

    def __init__(self, first: int, second: int, payload: bytes, size: int, length: int) -> None:
        self.number = first & 15
        names = {number: name for name, number in OPCODES.items()}
        self.opcode: object = names.get(self.number, self.number)
        self.fin = bool(first & 128)
        self.rsv1 = bool(first & 64)
        self.masked = bool(second & 128)
        self.raw = payload
        closes = self.number == OPCODES["close"]
        self.code: object = int.from_bytes(payload[:2], "big") if closes and len(payload) >= 2 else ABSENT
        self.payload = payload[2:] if closes else payload
        self.faults = []
        if self.masked:
            self.faults.append("a server's frame is masked (section 5.1)")
        if first & 48:
            self.faults.append("RSV2 or RSV3 is set (section 5.2)")
        if self.number not in names:
            self.faults.append(f"opcode {self.number} is reserved (section 5.2)")
        if self.number >= 8 and (not self.fin or length > 125):
            self.faults.append("a control frame is fragmented or too long (section 5.5)")
        if size != (0 if length < 126 else 2 if length < 65536 else 8):
            self.faults.append("the length is not written in the fewest bits (section 5.2)")
        if closes and isinstance(self.code, int):
            allowed = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}
            if self.code not in allowed and not 3000 <= self.code <= 4999:
                self.faults.append(f"close code {self.code} may not be sent (section 7.4)")


def read_frame(connection: Connection, within: float | None = None) -> tuple[Frame | None, str, bytes]:
    """The next frame, how the wait ended (frame, timeout, closed or reset), and the bytes of the frame."""
    deadline = time.monotonic() + left(within)
    data = b""
    try:
        while (found := decoded(data)) is None:
            more = connection.receive(None if within is None else max(0.0, deadline - time.monotonic()))
            if not more:
                connection.unread = data
                return None, "reset" if connection.ended == "reset" else "closed", b""
            data += more
    except TimeoutError:
        connection.unread = data
        return None, "timeout", b""
    size, one = found
    connection.unread = data[size:] + connection.unread
    return one, "frame", data[:size]


def decoded(data: bytes) -> tuple[int, Frame] | None:
    """The size of the first frame in bytes and the frame, None if it is not complete."""
    if len(data) < 2:
        return None
    size = {126: 2, 127: 8}.get(data[1] & 127, 0)
    start = 2 + size + (4 if data[1] & 128 else 0)
    if len(data) < start:
        return None
    length = int.from_bytes(data[2 : 2 + size], "big") if size else data[1] & 127
    if len(data) < start + length:
        return None
    payload = data[start : start + length]
    if data[1] & 128:
        payload = masked(payload, data[start - 4 : start])
    return start + length, Frame(data[0], data[1], payload, size, length)


class Message:
    """A message of the server; ``outcome`` is message, close, timeout, closed, reset or invalid."""

    def __init__(
        self, outcome: str, opcode: int = 0, data: bytes = b"", compressed: bool = False, frames: int = 0
    ) -> None:
        self.outcome = outcome
        self.text: object = ABSENT
        self.binary: object = ABSENT
        self.payload: object = data if opcode else ABSENT
        self.compressed: object = compressed if opcode else ABSENT
        self.frames: object = frames if opcode else ABSENT
        if opcode == OPCODES["text"]:
            try:
                self.text = data.decode()
            except UnicodeDecodeError:
                self.outcome = "invalid UTF-8"
        elif opcode == OPCODES["binary"]:
            self.binary = data

    @property
    def json(self) -> object:
        """The text as JSON."""
        try:
            return json.loads(self.text) if isinstance(self.text, str) else ABSENT
        except ValueError:
            return ABSENT


class WebSocket:
    """An open WebSocket on a connection."""

    def __init__(self, connection: Connection, reply: Response) -> None:
        self.connection = connection
        offered = ",".join(reply.values("sec-websocket-extensions"))
        self.deflates = "permessage-deflate" in offered
        self.keeps_context = "server_no_context_takeover" not in offered
        windows = [bits for bits in range(8, 16) if f"server_max_window_bits={bits}" in offered.replace('"', "")]
        self.window_bits = windows[-1] if windows else 15
        self.inflater = zlib.decompressobj(wbits=-self.window_bits)
        self.close_sent = False
        self.close_frame: Frame | None = None
        self.opcode = 0
        self.compressed = False
        self.fragments = b""
        self.frames = 0

    def send(self, opcode: str, payload: bytes) -> None:
        """Send a message in one frame."""
        self.connection.send(frame(OPCODES[opcode], payload), payload)

    def send_frames(self, data: bytes | list[bytes], payload: bytes) -> None:
        """Send frames in one write; ``payload`` is what a later comparison with the sent bytes means."""
        self.connection.send(data, payload)

    def receive(self, within: float | None = None) -> Message:
        """The next message; pings are answered."""
        deadline = time.monotonic() + left(within)
        while True:
            rest = None if within is None else max(0.0, deadline - time.monotonic())
            one, outcome, raw = read_frame(self.connection, rest)
            if one is None:
                return Message(outcome)
            if one.faults:
                return Message(one.faults[0])
            if one.opcode == "close":
                self.connection.unread = raw + self.connection.unread
                return Message("close")
            if one.opcode == "ping":
                self.pong(one)
            elif one.opcode != "pong" and (message := self.add(one)) is not None:
                return message

    def add(self, one: Frame) -> Message | None:
        """Take a data frame. Returns the message if the frame is its last."""
        if (one.opcode == "continuation") is not bool(self.opcode):
            return Message("a message and its fragments are mixed up (section 5.4)")
        if one.rsv1 and not (self.deflates and one.number):
            return Message("RSV1 is set without a meaning (section 5.2)")
        if one.number:
            self.opcode, self.compressed, self.fragments, self.frames = one.number, one.rsv1, b"", 0
        self.fragments += one.raw
        self.frames += 1
        if not one.fin:
            return None
        data, opcode, self.opcode = self.fragments, self.opcode, 0
        if self.compressed:
            try:
                data = self.inflater.decompress(data + b"\x00\x00\xff\xff")
            except zlib.error as error:
                return Message(f"a compressed message cannot be inflated: {error}")
            if not self.keeps_context or self.inflater.eof:
                self.inflater = zlib.decompressobj(wbits=-self.window_bits)
        return Message("message", opcode, data, self.compressed, self.frames)

    def pong(self, ping: Frame) -> None:
        """Answer a ping, unless a close frame was sent."""
        if not self.close_sent:
            sent, at = self.connection.sent, self.connection.sent_at
            self.connection.send(frame(OPCODES["pong"], ping.raw))
            self.connection.sent, self.connection.sent_at = sent, at

    def read_frame(self, within: float | None = None) -> tuple[Frame | None, str]:
        """The next frame, and how the wait ended."""
        one, outcome, _ = read_frame(self.connection, within)
        if one is not None and one.opcode == "close":
            self.close_frame = one
        return one, outcome

    def ping(self, payload: bytes) -> str:
        """Send a ping. Returns ``pong`` if it came back within 5 s, or how the wait ended."""
        self.send("ping", payload)
        passed, deadline = b"", time.monotonic() + left(5.0)
        while True:
            one, outcome, raw = read_frame(self.connection, max(0.0, deadline - time.monotonic()))
            if one is None or (one.opcode == "pong" and one.raw == payload):
                self.connection.unread = passed + self.connection.unread
                return outcome if one is None else "pong"
            passed += raw

    def close(self, code: int | None = None, reason: bytes = b"") -> None:
        """Send a close frame."""
        self.close_sent = True
        self.connection.send(frame(OPCODES["close"], close_payload(code, reason)), reason)

    def closed(self, within: float | None = None) -> Closed:
        """Wait for the server's end of the connection; a close frame on the way is echoed."""
        deadline, since = time.monotonic() + left(within), self.connection.sent_at
        before = b""
        while self.close_frame is None:
            rest = None if within is None else max(0.0, deadline - time.monotonic())
            one, _, raw = read_frame(self.connection, rest)
            if one is None:
                break
            if one.opcode == "close":
                self.close_frame = one
                if not self.close_sent:
                    self.close(one.code if isinstance(one.code, int) else None)
                break
            before += raw
            if one.opcode == "ping":
                self.pong(one)
        end = Closed(self.connection, None if within is None else max(0.0, deadline - time.monotonic()))
        end.elapsed = self.connection.arrived_at - since
        if self.close_frame is None:
            end.rest = before + end.rest
        return end


class WebSocketClosed:
    """How a WebSocket ended: ``how`` is close, fin or reset, "" while it is open."""

    def __init__(self, websocket: WebSocket, within: float | None = None) -> None:
        end = websocket.closed(within)
        self.open = not end.how
        last = websocket.close_frame
        self.how = end.how if last is None else "close"
        self.code: object = ABSENT if last is None else last.code
        self.reason: object = ABSENT if last is None else last.payload.decode("utf-8", "replace")
        self.elapsed = end.elapsed
        self.rest = end.rest


def close_payload(code: int | None, reason: bytes = b"") -> bytes:
    """The payload of a close frame."""
    return reason if code is None else code.to_bytes(2, "big") + reason


def handshake_faults(reply: Response, key: str, subprotocols: list[str], extensions: list[str]) -> list[str]:
    """The faults of a response with status 101 for which a client fails the connection (RFC 6455, section 4.1)."""
    found = []
    for name, word in (("upgrade", "websocket"), ("connection", "upgrade")):
        words = [one.strip().lower() for value in reply.values(name) for one in value.split(",")]
        if word not in words:
            found.append(f"{name} lacks {word}")
    accept = base64.b64encode(hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
    if reply.values("sec-websocket-accept") != [accept]:
        found.append(f"sec-websocket-accept is {reply.values('sec-websocket-accept')}, not {accept}")
    if not set(reply.values("sec-websocket-protocol")) <= set(subprotocols):
        found.append(f"subprotocol {reply.values('sec-websocket-protocol')} was not offered")
    if not {one["name"] for one in agreed_extensions(reply)} <= set(extensions):
        found.append(f"extension {reply.values('sec-websocket-extensions')} was not offered")
    return found


def agreed_extensions(reply: Response) -> list[dict[str, object]]:
    """The extensions that the server accepted, each with its name and its parameters."""
    found: list[dict[str, object]] = []
    for one in ",".join(reply.values("sec-websocket-extensions")).split(","):
        name, *params = [word.strip() for word in one.split(";")]
        pairs = [param.partition("=") for param in params]
        if name:
            found.append(
                {"name": name, "params": {key: value.strip('"') if sign else None for key, sign, value in pairs}}
            )
    return found
