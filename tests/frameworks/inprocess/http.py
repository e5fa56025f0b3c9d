"""The checks of the HTTP endpoints."""

from __future__ import annotations

import asyncio
import itertools
import json
import time

from .calls import Answer, Wrong, answer
from .checks import check, same
from .manner import OPTIONAL
from .server import Server

LARGEST = 10 * 1024 * 1024
FAR = "caf\u00e9"


@check("GET /health", "says OK")
async def health(server: Server) -> None:
    found = await server.ask("GET", "/health")
    same(found.status, 200, "the status")
    same(kind(found), "text/plain", "the type")
    same(found.body, b"OK", "the body")


async def health_without(server: Server, key: str) -> None:
    found = await server.ask("GET", "/health", changed={key: None})
    same((found.status, found.body), (200, b"OK"), "the answer")


for optional in OPTIONAL:
    if optional != "subprotocols":
        check("GET /health", f"without {optional}", optional)(health_without)


@check("GET /health", "another method is refused")
async def other_method(server: Server) -> None:
    found = await server.ask("DELETE", "/health")
    if found.status not in (404, 405):
        raise Wrong(f"the status is {found.status}")


@check("GET /health", "another path is not found")
async def other_path(server: Server) -> None:
    same((await server.ask("GET", "/nothing/here")).status, 404, "the status")


async def scope(server: Server, path: str) -> None:
    headers = [(b"x-custom", FAR.encode("latin-1")), (b"x-twice", b"1"), (b"x-twice", b"2")]
    found = await server.ask("GET", path, "a=%20b&a", headers=headers)
    same(found.status, 200, "the status")
    body = found.json()
    for name, value in {"type": "http", "method": "GET", "http_version": "1.1", "query_string": "a=%20b&a"}.items():
        same(body[name], value, name)
    same(body["asgi"]["version"], "3.0", "asgi.version")
    same(body["headers"], [["host", "here"], ["x-custom", FAR], ["x-twice", "1"], ["x-twice", "2"]], "headers")
    if path == "/scope":
        same(body["path"], path, "path")
    if server.manner.all_keys:
        same(body["client"], ["127.0.0.1", 50000], "client")
        same(body["scheme"], "http", "scheme")
    if server.manner.state and "of.the.test" in body["state"]:
        raise Wrong("state shows what JSON cannot hold")


check("GET /scope", "shows the scope", "/scope")(scope)
check("GET /scope", "and below it", "/scope/a b/\u00e9")(scope)


async def echo(server: Server, pieces: list[bytes], content_type: str) -> None:
    declared = [(b"content-type", content_type.encode())]
    found = await server.ask("POST", "/echo", body=pieces, headers=declared)
    same(found.status, 200, "the status")
    same(found.content_type, content_type, "the content type")
    same(found.body, b"".join(pieces), "the body")


LONG = bytes(range(256)) * 400
check("POST /echo", "nothing", [b""], "application/octet-stream")(echo)
check("POST /echo", "text", [b"Howdy, ASGI!"], "text/plain; charset=latin-1")(echo)
check("POST /echo", "binary", [bytes([0, 1, 2, 3, 255, 254])], "application/x-unheard-of")(echo)
check("POST /echo", "JSON that is none", [b'{"a":'], "application/json")(echo)
check("POST /echo", "a form that is none", [b"%%%=&&"], "application/x-www-form-urlencoded")(echo)
check("POST /echo", "100 KiB in one piece", [LONG], "application/octet-stream")(echo)
check("POST /echo", "100 KiB in pieces", [LONG[:1], LONG[1:70000], b"", LONG[70000:]], "image/x-unheard-of")(echo)
check("POST /echo", "byte by byte", [b"%c" % byte for byte in b"hello"] + [b""], "text/x-unheard-of")(echo)


@check("POST /echo", "without a content type")
async def undeclared(server: Server) -> None:
    found = await server.ask("POST", "/echo", body=[b"abc"])
    same((found.status, found.body), (200, b"abc"), "the answer")


@check("POST /echo", "headers that are lists, and no tuples")
async def lists(server: Server) -> None:
    headers = [[b"content-type", b"text/x-unheard-of"]]
    found = await server.ask("POST", "/echo", body=[b"abc"], headers=headers)
    same((found.status, found.content_type, found.body), (200, "text/x-unheard-of", b"abc"), "the answer")


async def echo_of(server: Server, messages: list[dict[str, object]]) -> None:
    call = server.call("POST", "/echo", body=[])
    for message in messages:
        call.inbox.put_nowait({"type": "http.request", **message})
    try:
        found = await answer(call)
    finally:
        call.drop()
    same((found.status, found.body), (200, b"abc"), "the answer")


check("POST /echo", "a message without more_body", [{"body": b"abc"}])(echo_of)
check("POST /echo", "a message without body", [{"body": b"abc", "more_body": True}, {"more_body": False}])(echo_of)


@check("GET /headers", "shows what was sent, in lower case")
async def headers(server: Server) -> None:
    sent = {"x-one": "1", "user-agent": "tests/1", "accept": "*/*", "authorization": "Bearer x", "host": "here"}
    found = await server.ask(
        "GET", "/headers", headers=[(n.encode(), v.encode()) for n, v in sent.items() if n != "host"]
    )
    same(found.status, 200, "the status")
    body = found.json()
    same({name: body.get(name) for name in sent}, sent, "what was sent")
    same([name for name in body if name != name.lower()], [], "the list of names not in lower case")


async def status(server: Server, code: int) -> None:
    found = await server.ask("GET", f"/status/{code}")
    same(found.status, code, "the status")
    same(bool(found.body), code >= 200 and code not in (204, 304), "whether there is a body")


for code in (100, 103, 200, 201, 204, 301, 304, 400, 404, 418, 500, 503, 599):
    check("GET /status/{code}", str(code), code)(status)


async def no_status(server: Server, word: str) -> None:
    same((await server.ask("GET", f"/status/{word}")).status, 404, "the status")


for word in ("99", "600", "abc", "20x", "-200", "2.5", "200/more"):
    check("GET /status/{code}", f"{word} is none", word)(no_status)


@check("GET /streaming", "ten lines, 10 ms apart")
async def streaming(server: Server) -> None:
    found = await server.ask("GET", "/streaming")
    same((found.status, kind(found)), (200, "text/plain"), "status and type")
    same([piece for _, piece in found.pieces], [b"chunk-%d\n" % number for number in range(10)], "the list of pieces")
    apart(found, 10)


@check("GET /sse", "six events, 10 ms apart")
async def sse(server: Server) -> None:
    found = await server.ask("GET", "/sse")
    same((found.status, kind(found)), (200, "text/event-stream"), "status and type")
    counted = [{"event": "message", "data": {"count": number}} for number in range(5)]
    events = [event(piece) for _, piece in found.pieces]
    same(events, [*counted, {"event": "done", "data": {}}], "the list of events")
    apart(found, 6)


@check("GET /sse", "lines that end with LF")
async def lines_of_events(server: Server) -> None:
    # CR LF is as right, and clients that split at LF alone see another field's value then.
    found = await server.ask("GET", "/sse")
    same(found.body.split(b"\n").count(b"event: message"), 5, "how many lines are `event: message`")


@check("GET /large", "ends at 10 MiB")
async def capped(server: Server) -> None:
    found = await server.ask("GET", "/large", f"size={LARGEST + 1}")
    same((found.status, len(found.body)), (200, LARGEST), "status and length")


async def large(server: Server, size: int) -> None:
    found = await server.ask("GET", "/large", f"size={size}")
    same((found.status, kind(found)), (200, "application/octet-stream"), "status and type")
    same(found.body, b"x" * size, "the body")


for size in (0, 1, 65536, 65537, 1048576):
    check("GET /large", f"{size} bytes", size)(large)


async def refused(server: Server, path: str, query: str) -> None:
    same((await server.ask("GET", path, query)).status, 400, "the status")


for query in ("", "size=", "size=abc", "sise=1"):
    check("GET /large", f"{query or 'nothing'} is refused", "/large", query)(refused)
for query in ("", "seconds=", "seconds=abc"):
    check("GET /delay", f"{query or 'nothing'} is refused", "/delay", query)(refused)


async def delay(server: Server, text: str, waited: float) -> None:
    found = await server.ask("GET", "/delay", f"seconds={text}")
    same(found.status, 200, "the status")
    if abs(found.start - found.began - waited) > 0.001:
        raise Wrong(f"it took {found.start - found.began} s, and should take {waited} s")
    same(found.asked_meanwhile, server.waits, "whether it listens for the client meanwhile")


check("GET /delay", "a quarter of a second", "0.25", 0.25)(delay)
check("GET /delay", "30 s at most", "45", 30.0)(delay)


@check("GET /delay", "a client that leaves")
async def left(server: Server) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    call = server.call("GET", "/delay", "seconds=20")
    await asyncio.sleep(1)
    call.give("http.disconnect")
    await call.ended()
    took = loop.time() - began
    same(took < 2, server.waits, f"after {took} s, whether it has heard that the client left")


@check("GET /lifespan/state", "what startup left")
async def lifespan_state(server: Server) -> None:
    body = (await server.ask("GET", "/lifespan/state")).json()
    same(set(body), {"startup_called", "startup_time", "counter", "custom_data"}, "the set of keys")
    same(type(body["counter"]), int, "the class of counter")
    if server.manner.lifespan:
        same(body["startup_called"], True, "startup_called")
        same(body["custom_data"], {"initialized": True}, "custom_data")
        if not time.time() - 600 < body["startup_time"] <= time.time():
            raise Wrong(f"startup_time is {body['startup_time']}, which is not lately")
    else:
        same(body["startup_called"], False, "startup_called")
        same(body["startup_time"], None, "startup_time")
        same(body["custom_data"], {"initialized": False}, "custom_data")


@check("GET /lifespan/counter", "one more each time")
async def counter(server: Server) -> None:
    counted = [(await server.ask("GET", "/lifespan/counter")).json() for _ in range(4)]
    first = counted[0]["counter"]
    same(counted, [{"counter": first + more} for more in range(4)], "what was counted")
    same((await server.ask("GET", "/lifespan/state")).json()["counter"], first + 3, "the state's counter")


def kind(found: Answer) -> str:
    """The media type, without its parameters."""
    return found.content_type.partition(";")[0]


def event(piece: bytes) -> dict[str, object]:
    """A server-sent event that came in one piece; its data, once they are JSON, as that."""
    text = piece.decode().replace("\r\n", "\n")
    if not text.endswith("\n\n"):
        raise Wrong(f"{piece!r} is no whole event")
    fields: dict[str, object] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(": ")
        if colon:
            fields[name] = json.loads(value) if name == "data" else value
    return fields


def apart(found: Answer, count: int) -> None:
    """Raises Wrong where the pieces are not 10 ms apart."""
    times = [event for event, _ in found.pieces]
    gaps = [round(later - earlier, 6) for earlier, later in itertools.pairwise(times)]
    same(gaps, [0.01] * (count - 1), "the list of pauses")
