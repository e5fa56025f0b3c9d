"""Connections, messages and comparisons for the client. Only the standard library is used."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

class FaultShown(Exception):
    """An expectation about the fault does not hold."""


class ResultUnknown(Exception):
    """A step before the one that shows the fault went wrong."""


class Overdue(Exception):
    """The time for the whole reproduction is over."""


class Absent:
    """The value of something that is missing; it equals nothing."""

    def __repr__(self) -> str:
        return "none"


class Several(Absent):
    """The value of something that occurs several times, and is expected once."""

    def __init__(self, values: object) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"several: {self.values!r}"


ABSENT = Absent()


class That:
    """A condition on a value, with its words."""

    def __init__(self, words: str, holds: Callable[[object], bool], *, absent: bool = False) -> None:
        self.words = words
        self.holds = holds
        self.absent = absent

    def __repr__(self) -> str:
        return self.words


def expect(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the expected one. Raises FaultShown if it differs."""
    if not fits(actual, wanted):
        raise FaultShown(f"expected {what}: {brief(wanted)}\nactual {what}:   {brief(actual)}")
    print(f"as expected, {what}: {brief(actual)}")


def need(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the one that the later steps depend on. Raises ResultUnknown if it differs."""
    if not fits(actual, wanted):
        raise ResultUnknown(f"needed {what}: {brief(wanted)}\nactual {what}: {brief(actual)}")


def fits(actual: object, wanted: object) -> bool:
    """True if a value is the wanted one, or meets the condition."""
    if isinstance(actual, Several):
        return False
    if isinstance(wanted, That):
        return (wanted.absent or actual is not ABSENT) and wanted.holds(actual)
    return actual is not ABSENT and same(actual, wanted)


def same(actual: object, wanted: object) -> bool:
    """Equality in which true is not 1, text is not bytes, and a tuple equals a list."""
    if isinstance(actual, Mapping) and "$class" in actual and isinstance(actual.get("value"), int):
        return same(actual["value"], wanted)
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is wanted
    if isinstance(actual, (list, tuple)) and isinstance(wanted, (list, tuple)):
        return len(actual) == len(wanted) and all(map(same, actual, wanted))
    if isinstance(actual, Mapping) and isinstance(wanted, Mapping):
        return actual.keys() == wanted.keys() and all(same(actual[key], wanted[key]) for key in actual)
    return actual == wanted


def brief(value: object) -> str:
    """A value for a reader; the middle of a long one is left out."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-60:]}"


def run(reproduction: Callable[[], None], title: str, *, timeout_is_fault: bool = False) -> int:
    """Run a reproduction. Returns its exit status: 1 if the fault shows, 0 if it does not, 2 if that is unknown."""
    print(title)
    try:
        reproduction()
    except FaultShown as fault:
        print(f"{fault}\nThe fault shows.")
        return 1
    except Overdue as late:
        print(late)
        if timeout_is_fault:
            print("The fault shows.")
            return 1
        print("The result is unknown.")
        return 2
    except ResultUnknown as problem:
        print(f"{problem}\nThe result is unknown.")
        return 2
    except OSError as error:
        print(f"{type(error).__name__}: {error}\nThe result is unknown.")
        return 2
    print("The fault does not show.")
    return 0


def number_that(words: str, holds: Callable[[float], bool]) -> That:
    """A condition on a number; true and false are none."""
    return That(words, lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and holds(v))


def at_most(bound: float) -> That:
    return number_that(f"at most {bound}", lambda v: v <= bound)


def any_of(*choices: object) -> That:
    return That(f"one of {choices!r}", lambda v: any(fits(v, one) for one in choices), absent=True)


PORT = int(os.environ.get("PORT", "8000"))
HOST = "127.0.0.1"
WHOLE = bool(os.environ.get("WHOLE"))
LIMIT = 180


class Clock:
    """``began`` is the start of the run under way."""

    began = time.monotonic()


def left(within: float | None) -> float:
    """The seconds that a wait may last: ``within``, or the rest of the time for the whole reproduction. Raises Overdue
    if that is over."""
    rest = Clock.began + LIMIT - time.monotonic()
    if rest <= 0:
        raise Overdue(f"it was not over after {LIMIT:g} s")
    return rest if within is None else min(within, rest)


def connected(address: tuple[str, int], within: float, receive_buffer: int | None = None) -> socket.socket:
    """A socket connected to a host and a port, or to the path of a Unix socket. Raises OSError."""
    host = address[0]
    family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    try:
        if receive_buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.settimeout(within)
        made.connect(host if family == socket.AF_UNIX else address)
        if family != socket.AF_UNIX:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        made.close()
        raise
    return made


class Connection:
    """A TCP connection to the server, and what was received on it."""

    def __init__(
        self,
        address: tuple[str, int] = (HOST, PORT),
        receive_buffer: int | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Connect, with TLS if a context is given. Raises OSError."""
        self.socket: socket.socket = connected(address, left(5.0), receive_buffer)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=address[0])
        # The client of a Unix socket has no address.
        self.local: tuple[str, int] = tuple(self.socket.getsockname()[:2] or ("", 0))
        self.port = self.local[1]
        self.began = self.sent_at = self.arrived_at = time.monotonic()
        self.sent: bytes | Absent = Absent()
        self.unread = b""
        self.ended = ""
        self.reads = True

    def send(self, data: bytes | list[bytes], sent: bytes | None = None) -> None:
        """Send bytes in one write, or pieces one after the other. A connection that the server has ended takes none."""
        if isinstance(data, list):
            if not WHOLE:
                self.send_slowly(data, 0.002, sent)
                return
            data = b"".join(data)
        self.sent = data if sent is None else sent
        try:
            self.socket.settimeout(left(None))
            self.socket.sendall(data)
        except TimeoutError:
            left(None)
        except OSError:
            self.ended = self.ended or "reset"
        self.sent_at = time.monotonic()

    def send_slowly(self, pieces: list[bytes], every: float, sent: bytes | None = None) -> None:
        """Send pieces, so many seconds apart."""
        began = time.monotonic()
        for number, piece in enumerate(pieces):
            time.sleep(max(0.0, began + number * every - time.monotonic()))
            self.send(piece, b"".join(pieces) if sent is None else sent)

    def receive(self, within: float | None = None) -> bytes:
        """The next bytes; none at the end, after which ``ended`` is fin, tls or reset. Raises TimeoutError."""
        if self.unread:
            data, self.unread = self.unread, b""
            return data
        if self.ended:
            return b""
        waits = left(within)
        self.socket.settimeout(max(waits, 0.001))
        try:
            data = self.socket.recv(65536)
            self.ended = "" if data else "tls" if isinstance(self.socket, ssl.SSLSocket) else "fin"
        except ssl.SSLEOFError:
            data, self.ended = b"", "fin"
        except TimeoutError:
            left(None)
            raise
        except OSError:
            data, self.ended = b"", "reset"
        self.arrived_at = time.monotonic()
        return data

    def close(self) -> None:
        """Close the connection; with TLS, after a closure alert."""
        if isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.socket.settimeout(0.2)
                self.socket = self.socket.unwrap()
        self.socket.close()
        self.ended = self.ended or "closed"


def connect(
    address: tuple[str, int] = (HOST, PORT),
    receive_buffer: int | None = None,
    context: ssl.SSLContext | None = None,
) -> tuple[str, Connection | None, str]:
    """The outcome of connecting (connected, refused, reset, handshake or timeout), the connection, and the error."""
    try:
        return "connected", Connection(address, receive_buffer, context), ""
    except ConnectionRefusedError as error:
        return "refused", None, str(error)
    except ConnectionResetError as error:
        return "handshake" if context else "reset", None, str(error)
    except TimeoutError as error:
        return "timeout", None, str(error)
    except OSError as error:
        return "handshake" if context else "refused", None, str(error)


def text(value: object) -> str:
    """A value inside text: true, false and null as in JSON, bytes as latin-1."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class Response:
    """A response as far as it was received.

    ``outcome`` is response, closed, reset, refused, timeout, malformed or handshake. ``headers`` are pairs of name and
    value in the order of the wire. ``pieces`` are those of the body with the times of their arrival.
    """

    def __init__(self, began: float, port: int = 0) -> None:
        self.began = self.sent_at = self.ended_at = began
        self.port = port
        self.outcome = ""
        self.why = ""
        self.status: int | Absent = ABSENT
        self.reason: str | Absent = ABSENT
        self.version: str | Absent = ABSENT
        self.headers: list[list[str]] = []
        self.trailers: list[list[str]] = []
        self.interim: list[int] = []
        self.redirects: list[dict[str, object]] = []
        self.framing: str | Absent = ABSENT
        self.pieces: list[tuple[bytes, float]] = []
        self.chunks = 0
        self.wire = b""
        self.first_at: float | None = None
        self.complete = False
        self.open: bool | Absent = ABSENT

    def values(self, name: str) -> list[str]:
        """The values of all lines of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def body(self) -> bytes:
        """The body, without its chunked coding."""
        return b"".join(data for data, _ in self.pieces)

    @property
    def elapsed(self) -> float:
        """The seconds from the last byte sent to the end of the response."""
        return self.ended_at - self.sent_at


def request(
    data: bytes | list[bytes],
    connection: Connection | None = None,
    *,
    method: str = "GET",
    within: float | None = None,
    abandon_after: float | None = None,
    body: bytes = b"",
) -> Response:
    """Send a request, and read its response. Without a connection it gets its own, which is closed afterwards."""
    reply = Response(time.monotonic())
    used = connection
    if used is None:
        reply.outcome, used, reply.why = connect((HOST, PORT))
        if used is None:
            return reply
    reply.port = used.port
    if used.ended:
        reply.outcome = "reset" if used.ended == "reset" else "closed"
        return reply
    used.send(data, body)
    reply.sent_at = used.sent_at
    read_response(used, reply, method, abandon_after if within is None else within)
    if abandon_after is not None:
        time.sleep(max(0.0, reply.sent_at + abandon_after - time.monotonic()))
        used.close()
    elif connection is None:
        used.close()
    return reply


class Reader:
    """Reads lines and numbers of bytes from a connection, and keeps every byte."""

    def __init__(self, connection: Connection, reply: Response, within: float | None) -> None:
        self.connection = connection
        self.reply = reply
        self.within = within
        self.deadline = time.monotonic() + left(within)
        self.buffer = b""

    def more(self) -> bool:
        """Receive more bytes. Returns False at the end of the connection. Raises TimeoutError."""
        data = self.connection.receive(None if self.within is None else max(0.0, self.deadline - time.monotonic()))
        self.reply.ended_at = self.connection.arrived_at
        if data and self.reply.first_at is None:
            self.reply.first_at = self.connection.arrived_at
        self.buffer += data
        return bool(data)

    def take(self, count: int) -> bytes:
        """Take so many bytes from the buffer."""
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        self.reply.wire += data
        return data

    def line(self) -> bytes:
        """The next line, without its end. Raises EOFError at the end of the connection."""
        while b"\n" not in self.buffer:
            if not self.more():
                raise EOFError
        return self.take(self.buffer.index(b"\n") + 1).rstrip(b"\r\n")

    def body(self, count: int) -> None:
        """Read so many bytes of the body. Raises EOFError at the end of the connection."""
        while count:
            if not self.buffer and not self.more():
                raise EOFError
            piece = self.take(min(count, len(self.buffer)))
            self.reply.pieces.append((piece, self.connection.arrived_at))
            count -= len(piece)


def read_response(connection: Connection, reply: Response, method: str, within: float | None) -> Response:
    """Read a response (RFC 9112) into ``reply``; bytes after it stay unread."""
    reader = Reader(connection, reply, within)
    try:
        while not reply.complete:
            read_head(reader, method)
        reply.outcome = "response"
    except EOFError:
        reply.outcome = "reset" if connection.ended == "reset" else "closed"
    except TimeoutError:
        reply.outcome = "timeout"
    except ValueError as error:
        reply.outcome, reply.why = "malformed", str(error)
    finally:
        if reply.outcome == "response":
            connection.unread = reader.buffer + connection.unread
        else:
            reply.wire += reader.buffer
    return reply


def read_head(reader: Reader, method: str) -> None:
    """Read a head, and the body behind it if the response is not an interim one."""
    reply = reader.reply
    line = reader.line()
    found = re.fullmatch(rb"HTTP/([0-9]\.[0-9]) ([1-9][0-9]{2})(?: ([^\r\n]*))?", line)
    if found is None:
        raise ValueError(f"no status line: {line!r}")
    status, headers = int(found[2]), read_fields(reader)
    if status < 200 and status != 101:
        reply.interim.append(status)
        return
    reply.status, reply.version, reply.headers = status, found[1].decode(), headers
    reply.reason = (found[3] or b"").decode("latin-1")
    reply.framing = framing(reply, method, status)
    if reply.framing == "chunked":
        read_chunks(reader)
    elif reply.framing == "content-length":
        sizes = set(reply.values("content-length"))
        if len(sizes) != 1 or not (size := sizes.pop()).isdigit():
            raise ValueError(f"no valid Content-Length: {reply.values('content-length')}")
        reader.body(int(size))
        reply.chunks = len(reply.pieces)
    elif reply.framing == "until-close":
        while reader.buffer or reader.more():
            reader.body(len(reader.buffer))
        reply.chunks = len(reply.pieces)
        if reader.connection.ended == "reset":
            raise EOFError
    reply.complete = True


def read_fields(reader: Reader) -> list[list[str]]:
    """Header or trailer fields, up to the empty line."""
    fields: list[list[str]] = []
    while line := reader.line():
        name, colon, value = line.decode("latin-1").partition(":")
        if line[:1] in b" \t" and fields:
            fields[-1][1] = f"{fields[-1][1]} {line.decode('latin-1').strip()}".strip()
        elif not colon or not re.fullmatch("[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or re.search("[\0\r\n]", value):
            raise ValueError(f"no field: {line!r}")
        else:
            fields.append([name, value.strip(" \t")])
    return fields


def framing(reply: Response, method: str, status: int) -> str:
    """The delimiting of a response's body (RFC 9112, section 6.3)."""
    if method == "HEAD" or status in (101, 204, 304) or (method == "CONNECT" and status < 300):
        return "none"
    if reply.values("transfer-encoding"):
        return "chunked"
    return "content-length" if reply.values("content-length") else "until-close"


def read_chunks(reader: Reader) -> None:
    """Read a body in the chunked coding, and the trailers."""
    while True:
        line = reader.line()
        size = line.partition(b";")[0].strip()
        if not re.fullmatch(b"[0-9A-Fa-f]+", size):
            raise ValueError(f"no chunk size: {line!r}")
        if int(size, 16) == 0:
            break
        reader.body(int(size, 16))
        if reader.line():
            raise ValueError("no line end after a chunk")
        reader.reply.chunks += 1
    reader.reply.trailers = read_fields(reader)


def retry(action: Callable[[], None], within: float, every: float = 0.05) -> None:
    """Call a function until it raises nothing; when the time is over, what it raised last counts."""
    deadline = time.monotonic() + within
    while True:
        try:
            return action()
        except (FaultShown, ResultUnknown):
            if time.monotonic() >= deadline:
                raise
        time.sleep(every)


def at_once(*actions: Callable[[], None]) -> None:
    """Call functions at the same time, until all have ended. Raises the first exception of any."""
    errors: list[BaseException] = []

    def work(action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive() and not errors:
            thread.join(0.01)
    if errors:
        raise errors[0]


def repeat(turn: Callable[[int], None], times: int, together: int = 1, tolerant: bool = False) -> int:
    """Call a function with 1, 2, 3 and so on, so many at the same time. Returns the number of turns that raised
    nothing; unless ``tolerant``, the first that raises ends the others."""
    passed: list[int] = []

    def turns(numbers: Iterator[int]) -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                turn(number)
            except (FaultShown, ResultUnknown):
                if not tolerant:
                    raise
            else:
                passed.append(number)

    numbers, lock = iter(range(1, times + 1)), threading.Lock()
    if together == 1:
        turns(numbers)
    else:
        at_once(*[lambda: turns(numbers)] * min(together, times))
    return len(passed)


FOLDER = Path(__file__).resolve().parent
LOG = FOLDER / "server.log"
GUARD = """\
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
if not os.read(0, 1):
    os.killpg(int(sys.argv[1]), signal.SIGKILL)
"""


class Server:
    """The server's main process."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.guards: list[subprocess.Popen[bytes]] = []
        self.caused_at = time.monotonic()
        self.workers: set[int] = set()
        LOG.write_bytes(b"")

    def start(self, ready: bool = True) -> str:
        """Start the server, and wait until it accepts connections. Returns ``started``, or what happened instead."""
        self.caused_at = time.monotonic()
        with LOG.open("ab") as log:
            self.process = subprocess.Popen(["./run.sh"], cwd=FOLDER, stdout=log, stderr=log, start_new_session=True)
        guard = [sys.executable, "-c", GUARD, str(self.process.pid)]
        self.guards.append(subprocess.Popen(guard, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 30
        while ready and not accepts_connections():
            if self.process.poll() is not None:
                return f"it ended with {self.ending}"
            if time.monotonic() > deadline:
                return "it accepted no connection within 30 s"
            time.sleep(0.02)
        if ready:
            # Some servers listen before the application has started.
            time.sleep(0.3)
        if ready and self.process.poll() is not None:
            return f"it ended with {self.ending}"
        self.workers = set(self.pids[1:])
        return "started"

    @property
    def pid(self) -> int:
        """The main process. Raises ResultUnknown before the server was started."""
        if self.process is None:
            raise ResultUnknown("the server was not started")
        return self.process.pid

    @property
    def ending(self) -> str:
        """The end of the main process in words; "" while it runs."""
        if self.process is None or self.process.poll() is None:
            return ""
        code = self.process.returncode
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def signal(self, name: str, pid: int | None = None) -> None:
        """Send a signal to the main process, or to another."""
        self.caused_at = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid if pid is None else pid, signal.Signals[f"SIG{name}"])

    def exit(self, within: float | None = None) -> Exit:
        """Wait for the end of the main process."""
        waits = left(within)
        try:
            if self.process is not None:
                self.process.wait(waits)
        except subprocess.TimeoutExpired:
            left(None)
        return Exit(self)

    @property
    def pids(self) -> list[int]:
        """The ids of the server's processes, the main one first."""
        if self.process is None or self.process.poll() is not None:
            return []
        output = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
        parents = {}
        for line in output.stdout.splitlines():
            pid, parent, state = line.split()[:3]
            if not state.startswith("Z"):
                parents[int(pid)] = int(parent)
        found = [self.process.pid]
        for one in found:
            found += [child for child, of in parents.items() if of == one]
        return found

    def stop(self) -> None:
        """End all processes of the server."""
        if self.process is None:
            return
        pids = self.pids
        for name in ("SIGTERM", "SIGKILL"):
            if self.process.poll() is None:
                self.signal(name.removeprefix("SIG"))
                try:
                    self.process.wait(0.1 if name == "SIGTERM" else 5)
                except subprocess.TimeoutExpired:
                    continue
        for pid in pids:
            self.signal("KILL", pid)
        for guard in self.guards:
            guard.communicate(b".")
        self.guards.clear()


class Exit:
    """The end of the main process: its exit status or its signal, and the seconds since what caused it."""

    def __init__(self, server: Server) -> None:
        code = server.process.poll() if server.process is not None else None
        self.ended = code is not None
        self.code: object = ABSENT if code is None or code < 0 else code
        self.signal: object = ABSENT if code is None or code >= 0 else signal.Signals(-code).name.removeprefix("SIG")
        self.elapsed = time.monotonic() - server.caused_at


class Usage:
    """The resources of the server's processes together: resident memory in bytes, its peak since the last measurement
    (on Linux), open files, threads, processor seconds."""

    def __init__(self, server: Server) -> None:
        self.pids = server.pids
        self.processes = len(self.pids)
        self.memory = self.files = self.threads = self.peak = 0
        self.cpu = 0.0
        for pid in self.pids:
            if sys.platform == "linux":
                process = Path("/proc", str(pid))
                self.memory += int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
                self.files += len(list((process / "fd").iterdir()))
                self.peak += 1024 * int(re.findall(r"VmHWM:\s*(\d+)", (process / "status").read_text())[0])
                # The next measurement has the peak since this one.
                (process / "clear_refs").write_text("5")
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                self.threads += int(fields[17])
                self.cpu += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            else:
                row = subprocess.run(
                    ["ps", "-o", "rss=,time=", "-p", str(pid)], capture_output=True, text=True, check=True
                )
                memory, clock = row.stdout.split()
                self.memory += int(memory) * 1024
                minutes, _, seconds = clock.rpartition(":")
                self.cpu += float(seconds) + 60 * float(minutes.rpartition(":")[2] or 0)
                files = subprocess.run(["lsof", "-p", str(pid)], capture_output=True, text=True, check=False)
                self.files += len(files.stdout.splitlines()) - 1
                threads = subprocess.run(["ps", "-M", "-p", str(pid)], capture_output=True, text=True, check=True)
                self.threads += len(threads.stdout.splitlines()) - 1


def settled(server: Server, within: float) -> None:
    """Wait until the memory and the files of the server do not change for half a second. Raises ResultUnknown."""
    deadline = time.monotonic() + within
    last = Usage(server)
    while True:
        time.sleep(0.5)
        found = Usage(server)
        if abs(found.memory - last.memory) < 256 * 1024 and found.files == last.files and found.cpu - last.cpu < 0.02:
            return
        if time.monotonic() > deadline:
            raise ResultUnknown(f"the resources of the server still change after {within:g} s")
        last = found


def accepts_connections() -> bool:
    """True if something accepts connections at the server's address."""
    try:
        connected((HOST, PORT), 1.0).close()
    except OSError:
        return False
    return True
