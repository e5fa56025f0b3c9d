"""The effects of a server's options, each as one check on the bare app.

A check says what a server is started with, and how the effect of that shows. Checks of one group have one start, since
none disturbs another: the first group binds an address, the second a Unix socket, whose
clients some servers always trust, and the third has a time after which a worker of a busy machine could be ended during
another check. ``limits.concurrency`` and ``limits.backlog`` have no check. Servers apply them to connections or to
requests, and let clients wait or refuse them; the kernel rounds the second.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from engine.model.boundary import AppCall
from engine.model.network import Address, unix_path
from engine.targets.probing import call_facts, probe, stuck_workers, wsgi_option_checks
from engine.targets.probing.probe import OFTEN, Probable, within
from engine.targets.runtimes import readiness
from engine.targets.runtimes.dialing import dial, own_address

# The tokens of calls for other purposes have other jobs.
JOB = "option"
SECONDS = 1.0
"""The value of each option that is a time."""
WORKERS = 2
PREFIX = "/of-the-probe"
VARIABLE, VALUE = "OF_THE_PROBE", "a value = of it"
REQUESTS = 20
MANY = 150
"""The most requests after which one of the workers must have been replaced."""
LINE, FIELD, FIELDS, HEAD, BODY, MESSAGE = 400, 1000, 20, 8192, 1024, 8192
CLIENT = "192.0.2.1"
PREAMBLE = f"PROXY TCP4 {CLIENT} 198.51.100.7 56324 443\r\n".encode()
ECHO_WITHIN = 1.5


class WithOptions(Probable, Protocol):
    """The bare app on a server that was started with options."""

    @property
    def upstream(self) -> tuple[str, int]:
        """The address of the server itself."""
        ...

    @property
    def pid(self) -> int:
        """The main process."""
        ...

    def greeting(self, own: Address) -> bytes:
        """The first bytes of a connection, by the address of this side."""
        ...

    def log(self, since: int = 0) -> str:
        """The output of the server."""
        ...

    def signal(self, number: int, pid: int = 0) -> bool:
        """Send a signal to the main process, or to another one of the server; True if there was one."""
        ...


Look = Callable[[WithOptions], Awaitable[bool | None]]
"""True if the option has its effect, False if not, None if nothing can be said."""


@dataclass(frozen=True, slots=True)
class OptionCheck:
    """One effect of an option.

    ``name`` is for people: the word of ``server:`` with the part or the value. ``value`` is as in
    ``ServerLaunch.options``. ``last`` checks end the server, or replace its workers. ``needs`` are capabilities without
    which nothing shows.
    """

    name: str
    option: str
    value: object
    look: Look
    group: int = 0
    last: bool = False
    needs: frozenset[str] = frozenset()


async def listens(live: WithOptions, unix: bool) -> bool | None:
    """It answers at its address, which is a Unix socket or one of IPv6."""
    call = await asked(live, 1)
    if call is None:
        return None
    return bool(unix_path(live.upstream)) if unix else ":" in live.upstream[0]


async def two_workers(live: WithOptions) -> bool | None:
    """Two processes have called the app for a lifespan."""
    pids = await probe.seen(live, lambda found: len(found) >= WORKERS)
    return len(pids) >= WORKERS if pids else None


async def root_path(live: WithOptions) -> bool | None:
    """The scope has the root path (ASGI, HTTP connection scope)."""
    call = await asked(live, 2)
    return None if call is None else call_facts.root_path(call) == PREFIX


async def environment(live: WithOptions) -> bool | None:
    """A script of the app reads the variable."""
    script = [
        {"act": "get", "arg": {"env": VARIABLE}, "as": "variable"},
        {"act": "respond", "arg": {"status": 200}},
    ]
    live.boundary.stage(JOB, {"job": JOB, "lifespan": None, "http": script, "websocket": None, "paths": {}})
    call = await asked(live, 3, job=JOB)
    outcome = call.outcomes.get("variable") if call is not None else None
    return None if outcome is None else outcome.value == VALUE


async def access_log(live: WithOptions) -> bool | None:
    """The path of a request is in the output."""
    path = f"/logged-{secrets.token_hex(8)}"
    if await asked(live, 4, path=path) is None:
        return None
    return await within(probe.WITHIN, lambda: path in live.log())


async def refuses(live: WithOptions, number: int, request: bytes) -> bool | None:
    """A request beyond a limit reaches no app: the response is neither of the class 2xx nor the app's own 404, or the
    connection ends."""
    token = live.boundary.token("limit", number)
    head, _, rest = request.partition(b"\r\n")
    tied = f"\r\n{readiness.HEADER}: {token}\r\nHost: probe\r\n".encode()
    answer = await received(live, head + tied + rest, b"\r\n", ECHO_WITHIN)
    return answer is not None and not any(word in answer.partition(b"\r\n")[0] for word in (b" 2", b" 404 "))


async def message_limit(live: WithOptions) -> bool | None:
    """The connection ends at a message beyond the limit, which is not echoed."""
    size = 2 * MESSAGE
    frame = bytes([0x81, 0x80 | 126]) + size.to_bytes(2) + bytes(4) + b"x" * size
    return await of_frames(live, 1, frame, {True: (8, None), False: (1, 2)})


async def pings(live: WithOptions) -> bool | None:
    """A ping arrives within some intervals."""
    found = await of_frames(live, 2, b"", {True: (9,)}, 5.5 * SECONDS)
    return False if found is None else found


async def keep_alive(live: WithOptions) -> bool | None:
    """An idle connection is ended after the time. An end a little later may be that of a default."""
    loop = asyncio.get_running_loop()
    reader, writer = await dial(live.address)
    try:
        token = live.boundary.token("idle", 1)
        writer.write(live.greeting(own_address(writer)) + probe.head("GET /health HTTP/1.1", live.address, token))
        async with asyncio.timeout(probe.WITHIN):
            await reader.readuntil(b"\r\n\r\n")
        begun = loop.time()
        async with asyncio.timeout(4.5 * SECONDS):
            while await reader.read(65536):
                pass
    except TimeoutError:
        return False
    except (OSError, EOFError):
        return None
    finally:
        writer.close()
    return True if loop.time() - begun < 1.9 * SECONDS else None


async def grace(live: WithOptions) -> bool | None:
    """A request that runs when the server is asked to end is given up after the time."""
    script = [{"act": "mark", "arg": "runs"}, {"act": "sleep", "arg": 60.0}]
    live.boundary.stage("grace", {"job": "grace", "lifespan": None, "http": script, "websocket": None, "paths": {}})
    loop = asyncio.get_running_loop()
    _, writer = await dial(live.address)
    try:
        writer.write(
            live.greeting(own_address(writer))
            + probe.head("GET / HTTP/1.1", live.address, live.boundary.token("grace", 1))
        )
        if not await within(probe.WITHIN, lambda: live.boundary.marked("grace", "runs")):
            return None
        begun = loop.time()
        live.signal(signal.SIGTERM)
        # One second for the request, and some for the processes.
        ended = await within(6 * SECONDS, lambda: live.ended is not None)
    finally:
        writer.close()
    return False if not ended else True if loop.time() - begun > SECONDS / 2 else None


async def no_lifespan(live: WithOptions) -> bool | None:
    """No process has called the app for a lifespan."""
    if await asked(live, 5) is None:
        return None
    live.boundary.refresh()
    return not any(map(probe.started, live.boundary.lifespans()))


async def trusts(live: WithOptions, wanted: bool) -> bool | None:
    """X-Forwarded-For or X-Forwarded-Proto of a client changes the scope, or neither does."""
    call = await asked(live, 6, fields=(f"X-Forwarded-For: {CLIENT}", "X-Forwarded-Proto: https"))
    if call is None:
        return None
    there = call_facts.client(call)[:1] == [CLIENT]
    return (there or call_facts.scheme(call) == "https") is wanted


async def proxy_protocol(live: WithOptions) -> bool | None:
    """The source address of a header is the client (PROXY protocol, section 2)."""
    call = await asked(live, 7, greeting=PREAMBLE)
    if call is None:
        return False
    return call_facts.client(call) == [CLIENT, 56324]


async def max_requests(live: WithOptions) -> bool | None:
    """More processes than there are workers have answered."""
    pids: set[int] = set()
    for number in range(MANY):
        token = live.boundary.token("worker", number)
        request = probe.head("GET /health HTTP/1.1", live.address, token, "Connection: close")
        await received(live, request, b"", SECONDS)
        call = await readiness.reported(live.boundary, token, within=0.1)
        pids |= {call.pid} if call is not None else set()
        if len(pids) > WORKERS:
            return True
        await asyncio.sleep(OFTEN)
    return False if pids else None


# Exchanges


async def asked(
    live: WithOptions,
    number: int,
    *,
    job: str = "ask",
    path: str = "/health",
    fields: tuple[str, ...] = (),
    greeting: bytes | None = None,
) -> AppCall | None:
    """The application's call for a request; None if there is none."""
    token = live.boundary.token(job, number)
    request = probe.head(f"GET {path} HTTP/1.1", live.address, token, *fields, "Connection: close")
    await received(live, request, b"", probe.WITHIN, greeting)
    return await readiness.reported(live.boundary, token, within=SECONDS)


async def received(
    live: WithOptions, data: bytes, until: bytes, seconds: float, greeting: bytes | None = None
) -> bytes | None:
    """The response to some bytes, up to ``until``, to the end for b""; None after a timeout."""
    before = live.greeting if greeting is None else lambda own: greeting
    return await probe.exchange(live.address, data, until, seconds=seconds, greeting=before)


async def of_frames(
    live: WithOptions, number: int, data: bytes, wanted: dict[bool, tuple[int | None, ...]], seconds: float = 3.0
) -> bool | None:
    """Open a WebSocket, send bytes, and wait for a frame with one of these opcodes; the key under which it is. None is
    the opcode of an end of the stream. None after a timeout, or if no WebSocket was opened."""
    request = probe.handshake(live.address, live.boundary.token("frames", number))
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await dial(live.address)
            try:
                writer.write(live.greeting(own_address(writer)) + request)
                if b" 101 " not in (await reader.readuntil(b"\r\n\r\n"))[:13]:
                    return None
                writer.write(data)
                while True:
                    opcode = await frame(reader)
                    for result, opcodes in wanted.items():
                        if opcode in opcodes:
                            return result
                    if opcode is None:
                        return None
            finally:
                writer.close()
    except (TimeoutError, OSError, EOFError):
        return None


async def frame(reader: asyncio.StreamReader) -> int | None:
    """The opcode of the next frame from a server (RFC 6455, 5.2); None if the stream ends."""
    try:
        first, second = await reader.readexactly(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8))
        await reader.readexactly(size)
    except (OSError, EOFError):
        return None
    return first & 0xF


def long_lines(count: int, size: int) -> bytes:
    """Field lines with values of that size."""
    return b"".join(b"X-%d: %s\r\n" % (number, b"x" * size) for number in range(count))


def limit(name: str, value: int, number: int, request: bytes) -> OptionCheck:
    """The check of one limit by a request beyond it."""
    return OptionCheck(
        f"limits: {{{name}: ...}}", "limits", ((name, value),), partial(refuses, number=number, request=request)
    )


GET = b"GET / HTTP/1.1\r\n"
LIFESPAN, WEBSOCKET = frozenset({"lifespan"}), frozenset({"websocket"})
ASGI, WSGI = frozenset({"asgi"}), frozenset({"wsgi"})
"""The interfaces of the bare apps stand among the capabilities of a server."""
CHECKS: tuple[OptionCheck, ...] = (
    OptionCheck("listen: unix", "listen", "unix", partial(listens, unix=True), 1),
    OptionCheck("workers", "workers", WORKERS, two_workers, needs=LIFESPAN),
    OptionCheck("workers", "workers", WORKERS, wsgi_option_checks.two_workers, needs=WSGI),
    OptionCheck("root_path", "root_path", PREFIX, root_path),
    OptionCheck("env", "env", ((VARIABLE, VALUE),), environment, needs=ASGI),
    OptionCheck("access_log: true", "access_log", True, access_log),
    OptionCheck("trust_proxy: false", "trust_proxy", False, partial(trusts, wanted=False)),
    limit("request_line", LINE, 1, b"GET /?" + b"x" * 2 * LINE + b" HTTP/1.1\r\n\r\n"),
    limit("field", FIELD, 2, GET + long_lines(1, 2 * FIELD) + b"\r\n"),
    limit("fields", FIELDS, 3, GET + long_lines(2 * FIELDS, 1) + b"\r\n"),
    # The head has no end, since some parsers only limit what is incomplete.
    limit("head", HEAD, 4, GET + long_lines(15, 900)),
    limit("body", BODY, 5, b"POST /echo HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (2 * BODY, b"x" * 2 * BODY)),
    OptionCheck("message_limit", "message_limit", MESSAGE, message_limit, needs=WEBSOCKET),
    OptionCheck("ping", "ping", (("interval", SECONDS),), pings, needs=WEBSOCKET),
    OptionCheck("keep_alive", "keep_alive", SECONDS, keep_alive),
    OptionCheck("grace", "grace", SECONDS, grace, last=True, needs=ASGI),
    OptionCheck("grace", "grace", SECONDS, wsgi_option_checks.grace, last=True, needs=WSGI),
    OptionCheck("listen: ipv6", "listen", "ipv6", partial(listens, unix=False)),
    OptionCheck("lifespan: off", "lifespan", "off", no_lifespan, 1, needs=LIFESPAN),
    OptionCheck("trust_proxy: true", "trust_proxy", True, partial(trusts, wanted=True), 1),
    OptionCheck("proxy_protocol", "proxy_protocol", True, proxy_protocol),
    OptionCheck("max_requests", "max_requests", REQUESTS, max_requests, 1, last=True),
    OptionCheck(
        "worker_timeout", "worker_timeout", stuck_workers.VALUE, partial(stuck_workers.ended, path="/"), 2, needs=ASGI
    ),
    OptionCheck(
        "worker_timeout",
        "worker_timeout",
        stuck_workers.VALUE,
        partial(stuck_workers.ended, path=stuck_workers.WAITS),
        2,
        needs=WSGI,
    ),
)
