"""The definition of a check, and the list of all checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .calls import Answer, Server, Wrong

BYTES = bytes(range(256)) * 400
PLAIN, BINARY = "text/plain", "application/octet-stream"


@dataclass(frozen=True)
class Check:
    """``endpoint`` is one of the contract's: ``GET /query``."""

    endpoint: str
    name: str
    run: Callable[[Server], None]

    @property
    def id(self) -> str:
        return f"{self.endpoint}: {self.name}"


CHECKS: list[Check] = []

Body = Callable[..., None]


def check(endpoint: str, name: str, *arguments: object) -> Callable[[Body], Body]:
    """Put a function on the list. It is called with the server, and with ``arguments``."""

    def register(body: Body) -> Body:
        CHECKS.append(Check(endpoint, name, lambda server: body(server, *arguments)))
        return body

    return register


def same(actual: object, expected: object, what: str) -> None:
    """Raises Wrong where two values are not the same, of the same class."""
    if actual != expected or type(actual) is not type(expected):
        raise Wrong(f"{what} is {as_text(actual)}, and should be {as_text(expected)}")


def as_text(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:60]} ... ({len(text)} characters)"


def kind(found: Answer) -> str:
    """The media type, without its parameters."""
    return found.header("content-type").partition(";")[0]


def is_error(found: Answer, code: int) -> None:
    """Raises Wrong where it is not the contract's error of that status."""
    same(found.status, code, "the status")
    said = found.json()
    same(set(said), {"error", "code"}, "the set of keys")
    same((type(said["error"]), said["code"]), (str, code), "what it says")


@check("GET /", "says OK")
def index(server: Server) -> None:
    found = server.ask("GET", "/")
    same((found.status, found.reason, kind(found), found.body), (200, "OK", PLAIN, b"OK"), "the answer")


@check("GET /", "another path is not found")
def other_path(server: Server) -> None:
    for path in ("/nothing", "/query/deeper", "/echo/"):
        is_error(server.ask("GET", path), 404)


@check("GET /", "another method is refused")
def other_method(server: Server) -> None:
    found = server.ask("DELETE", "/")
    same(found.status, 405, "the status")
    same("GET" in found.header("allow"), True, "whether Allow names GET")


def head(server: Server, path: str) -> None:
    head, given = server.ask("HEAD", path), server.ask("GET", path)
    same((head.status, head.reason), (given.status, given.reason), "status and reason")
    same(kind(head), kind(given), "the type")
    same(head.all("content-length"), given.all("content-length"), "the list of lengths")


check("HEAD /", "as GET", "/")(head)
check("HEAD /status/{code}", "as GET", "/status/404")(head)
check("HEAD /size/{bytes}", "as GET", "/size/70000")(head)


def echo(server: Server, body: bytes, content_type: str) -> None:
    found = server.ask("POST", "/echo", body=body, headers={"Content-Type": content_type})
    same((found.status, found.header("content-type"), found.body), (200, content_type, body), "the answer")


check("POST /echo", "nothing", b"", "application/x-unheard-of")(echo)
check("POST /echo", "text", b"Howdy", "text/plain; charset=latin-1")(echo)
check("POST /echo", "JSON that is none", b'{"a":', "application/json")(echo)
check("POST /echo", "a form that is none", b"%%%=&&", "application/x-www-form-urlencoded")(echo)
check("POST /echo", "100 KiB", BYTES, "image/x-unheard-of")(echo)


@check("POST /echo", "without a content type")
def undeclared(server: Server) -> None:
    found = server.ask("POST", "/echo", body=b"abc")
    same((found.status, found.header("content-type"), found.body), (200, BINARY, b"abc"), "the answer")


@check("GET /headers", "shows what was sent, as a client would write it")
def headers(server: Server) -> None:
    sent = {"X-Custom-Header": "caf\u00e9", "Content-Type": "text/x-test", "User-Agent": "tests/1", "Host": "here"}
    found = server.ask("GET", "/headers", headers={name: value for name, value in sent.items() if name != "Host"})
    same((found.status, found.json()), (200, sent), "the answer")


@check("GET /headers", "the length of a body")
def header_of_length(server: Server) -> None:
    said = server.ask("GET", "/headers", changed={"CONTENT_LENGTH": "0"}).json()
    same(said.get("Content-Length"), "0", "Content-Length")


def environ(server: Server, method: str, path: str) -> None:
    found = server.ask(method, path, "a=1&b=%20")
    same(found.status, 200, "the status")
    said = found.json()
    wanted = {"REQUEST_METHOD": method, "QUERY_STRING": "a=1&b=%20", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "here"}
    same({name: said.get(name) for name in wanted}, wanted, "what environ holds")
    same(said["PATH_INFO"], path.replace("%20", " "), "PATH_INFO")
    same([name for name, value in said.items() if type(value) is not str], [], "the list of what is no text")
    same("wsgi.input" in said, False, "whether it shows what JSON cannot hold")


for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    check(f"{method} /environ", "shows it", method, "/environ")(environ)
    check(f"{method} /environ", "and below it", method, "/environ/a%20b/c")(environ)


@check("GET /error/{code}", "each of them")
def errors(server: Server) -> None:
    for code in (400, 401, 403, 404, 418, 499, 500, 502, 503, 599):
        is_error(server.ask("GET", f"/error/{code}"), code)


@check("GET /large", "1 MiB in pieces")
def large(server: Server) -> None:
    found = server.ask("GET", "/large")
    same((found.status, kind(found), found.all("content-length")), (200, BINARY, []), "the head")
    same(found.body, b"x" * 1048576, "the body")
    same(len(found.pieces) > 1, True, "whether there are pieces")


@check("POST /json", "what was said")
def said_json(server: Server) -> None:
    values: tuple[object, ...] = ({"user": {"name": "J\u00f6rg", "tags": ["a", 1, None]}}, [], 7, "text", None, False)
    for value in values:
        body = json.dumps(value).encode()
        found = server.ask("POST", "/json", body=body, headers={"Content-Type": "application/json"})
        same(found.status, 200, "the status")
        same(found.json(), {"received": value, "status": "ok"}, "the answer")


@check("POST /json", "what is none")
def no_json(server: Server) -> None:
    for body in (b"", b'{"a":', b"\xff"):
        is_error(server.ask("POST", "/json", body=body, headers={"Content-Type": "application/json"}), 400)


def query(server: Server, text: str, expected: dict[str, str]) -> None:
    found = server.ask("GET", "/query", text)
    same((found.status, found.json()), (200, expected), "the answer")


check("GET /query", "none", "", {})(query)
check("GET /query", "two", "a=1&b=zwei", {"a": "1", "b": "zwei"})(query)
check("GET /query", "the first of two", "a=1&a=2", {"a": "1"})(query)
check("GET /query", "empty ones", "a=&b", {"a": "", "b": ""})(query)
check("GET /query", "escaped", "a%20b=%C3%A9+%26", {"a b": "\u00e9 &"})(query)


def status(server: Server, code: int) -> None:
    found = server.ask("GET", f"/status/{code}")
    text = b"" if code in (204, 304) else b"Status %d" % code
    same((found.status, found.body), (code, text), "the answer")


for code in (200, 201, 204, 299, 301, 304, 400, 404, 418, 500, 599):
    check("GET /status/{code}", str(code), code)(status)


def not_there(server: Server, path: str) -> None:
    is_error(server.ask("GET", path), 404)


for endpoint, words in {
    "GET /error/{code}": ("399", "600", "abc", "-400", "404/more"),
    "GET /status/{code}": ("199", "600", "abc", "20x", "2.5", "200/more"),
    "GET /response-headers/{count}/{size}": ("1001/1", "1/65537", "1", "a/1", "1/-1"),
    "GET /size/{bytes}": ("67108865", "abc", "-1", "99999999999999999999"),
    "GET /slow/{milliseconds}": ("30001", "abc", "1.5"),
    "GET /raise/before": ("never",),
}.items():
    for word in words:
        check(endpoint, f"{word} is none", f"/{endpoint.split('/')[1]}/{word}")(not_there)


@check("GET /reason", "one of its own")
def reason(server: Server) -> None:
    found = server.ask("GET", "/reason")
    same((found.status, found.reason, kind(found)), (299, "Quite Special", PLAIN), "the head")
    same(bool(found.body), True, "whether there is a text")


@check("GET /cookies", "two lines")
def cookies(server: Server) -> None:
    found = server.ask("GET", "/cookies")
    same(found.status, 200, "the status")
    # Django gives a space before each.
    same(
        [value.strip(" ").partition(";")[0] for value in found.all("set-cookie")], ["a=1", "b=2"], "the list of cookies"
    )


def response_headers(server: Server, count: int, size: int) -> None:
    found = server.ask("GET", f"/response-headers/{count}/{size}")
    given = [(name, value) for name, value in found.headers if name.startswith("X-N-")]
    same((found.status, bool(found.body)), (200, True), "status, and whether there is a text")
    same(given, [(f"X-N-{number}", "x" * size) for number in range(count)], "the list of headers")


for many, long in ((0, 5), (3, 0), (1, 65536), (1000, 2)):
    check("GET /response-headers/{count}/{size}", f"{many} of {long} bytes", many, long)(response_headers)


def sized(server: Server, size: int) -> None:
    found = server.ask("GET", f"/size/{size}")
    same((found.status, kind(found), found.header("content-length")), (200, BINARY, str(size)), "the head")
    same(found.body, b"x" * size, "the body")


for size in (0, 1, 65536, 65537, 3_000_000):
    check("GET /size/{bytes}", f"{size}", size)(sized)


def count(server: Server, body: bytes) -> None:
    found = server.ask("POST", "/count", body=body)
    expected = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    same((found.status, found.json()), (200, expected), "the answer")


for one in (b"", b"abc", BYTES):
    check("POST /count", f"{len(one)} bytes", one)(count)


class Untouched:
    """An input that is not to be read."""

    def __getattr__(self, name: str) -> Any:
        def read(*sizes: Any) -> Any:
            raise Wrong(f"the body was read, by {name}")

        return read

    def __iter__(self) -> Any:
        raise Wrong("the body was read, line by line")


@check("POST /unread", "without reading")
def unread(server: Server) -> None:
    changed = {"wsgi.input": Untouched(), "CONTENT_LENGTH": "1000"}
    found = server.ask("POST", "/unread", headers={"Content-Type": "text/plain"}, changed=changed)
    same((found.status, kind(found), bool(found.body)), (200, PLAIN, True), "the answer")


@check("GET /stream", "five lines, 100 ms apart")
def stream(server: Server) -> None:
    found = server.ask("GET", "/stream")
    same((found.status, kind(found), found.all("content-length")), (200, PLAIN, []), "the head")
    lines = [(round(when - found.pieces[0][0], 6), piece) for when, piece in found.pieces]
    same(lines, [(number / 10, b"chunk-%d\n" % number) for number in range(5)], "the list of lines")


def slow(server: Server, milliseconds: int) -> None:
    began = server.clock.now
    found = server.ask("GET", f"/slow/{milliseconds}")
    same((found.status, kind(found), bool(found.body)), (200, PLAIN, True), "the answer")
    same(round(found.started - began, 6), milliseconds / 1000, "how long it took")


for wait in (0, 250, 30000):
    check("GET /slow/{milliseconds}", f"{wait} ms", wait)(slow)


@check("GET /raise/before", "raises, or answers 500")
def raise_before(server: Server) -> None:
    try:
        found = server.ask("GET", "/raise/before")
    except RuntimeError as error:
        same(str(error), "raised before the response", "what it says")
    else:
        same(found.status, 500, "the status")


@check("GET /raise/after", "after the first piece")
def raise_after(server: Server) -> None:
    found = server.ask("GET", "/raise/after")
    same((found.status, kind(found), found.all("content-length")), (200, PLAIN, []), "the head")
    same(found.body, b"begun\n", "the body")
    same(str(found.raised), "raised after the first piece", "what was raised")
