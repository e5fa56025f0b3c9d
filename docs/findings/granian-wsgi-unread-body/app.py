"""The contract for WSGI as a bare application: no framework, only the standard library.

It follows PEP 3333 to the letter and avoids everything that a server does not have to provide, so that a case which
fails here fails because of the server.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import boundary
import loading
import scripted

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Headers = list[tuple[str, str]]
Body = Iterable[bytes]

PIECE = 64 * 1024
LARGE = 1024 * 1024
LARGEST = 64 * 1024 * 1024
MOST_HEADERS = 1000
LONGEST_HEADER = 64 * 1024
LONGEST = 30_000
PAUSE = 0.1
PLAIN = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
loading.take_time()


def app(environ: Environ, start_response: StartResponse) -> Body:
    """The application."""
    # PEP 3333 lets a server leave PATH_INFO out where it is empty.
    first, *rest = environ.get("PATH_INFO", "").removeprefix("/").split("/")
    if first == "boundary" and rest:
        first, *rest = rest
        if scripted_one := scripted.HANDLERS.get((first, len(rest))):
            return scripted_one(environ, start_response, *rest)
        methods = boundary.HANDLERS.get((first, len(rest)))
    else:
        methods = DEEPER.get(first) or HANDLERS.get((first, len(rest)))
    if methods is None:
        return error(start_response, 404)
    method = environ["REQUEST_METHOD"]
    if method not in methods:
        return error(start_response, 405, [("Allow", ", ".join(methods))])
    body = methods[method](environ, start_response, *rest)
    return [] if method == "HEAD" else body


# Answering


def line(code: int) -> str:
    """The status line's number and reason."""
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return f"{code} Status {code}"


def respond(
    start_response: StartResponse, status: str, content_type: str, body: bytes, more: Headers | None = None
) -> Body:
    """A whole response in one piece."""
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body))), *(more or [])])
    return [body]


def text(start_response: StartResponse, words: str, status: str = "200 OK", more: Headers | None = None) -> Body:
    """A response of plain text."""
    return respond(start_response, status, PLAIN, words.encode(), more)


def as_json(start_response: StartResponse, value: object, status: str = "200 OK", more: Headers | None = None) -> Body:
    """A response of JSON."""
    return respond(start_response, status, "application/json", json.dumps(value).encode(), more)


def error(start_response: StartResponse, code: int, more: Headers | None = None) -> Body:
    """An error as the contract has it."""
    status = line(code)
    return as_json(start_response, {"error": status.partition(" ")[2], "code": code}, status, more)


def number(word: str, most: int, least: int = 0) -> int | None:
    """The whole number that a word of the path is; None where it is none, or is out of bounds."""
    if not (word.isascii() and word.isdigit() and len(word) <= 9):
        return None
    return int(word) if least <= int(word) <= most else None


def pieces(size: int) -> Iterator[bytes]:
    """So many bytes ``x``."""
    for start in range(0, size, PIECE):
        yield b"x" * min(PIECE, size - start)


# Reading


def length(environ: Environ) -> int:
    """The length of the request's body. A server may leave CONTENT_LENGTH out, or empty, where there is none."""
    return int(environ.get("CONTENT_LENGTH") or 0)


def read(environ: Environ) -> Iterator[bytes]:
    """The request's body: never more than its length, since a server need not say where the body ends."""
    left = length(environ)
    while left > 0:
        piece = environ["wsgi.input"].read(min(left, PIECE))
        if not piece:
            return
        left -= len(piece)
        yield piece


def name_of(variable: str) -> str:
    """The header that a variable of environ holds, as a client would write it; "" for any other variable."""
    if variable in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        return variable.replace("_", "-").title()
    return variable.removeprefix("HTTP_").replace("_", "-").title() if variable.startswith("HTTP_") else ""


# The endpoints


def index(environ: Environ, start_response: StartResponse) -> Body:
    return text(start_response, "OK")


def echo(environ: Environ, start_response: StartResponse) -> Body:
    return respond(start_response, "200 OK", environ.get("CONTENT_TYPE") or BINARY, b"".join(read(environ)))


def headers(environ: Environ, start_response: StartResponse) -> Body:
    # A server may give an empty text for what the request does not have (PEP 3333, "environ Variables").
    found = {name: value for key, value in environ.items() if (name := name_of(key)) and value}
    return as_json(start_response, found)


def show_environ(environ: Environ, start_response: StartResponse, *deeper: str) -> Body:
    return as_json(start_response, {name: value for name, value in environ.items() if isinstance(value, str)})


def show_error(environ: Environ, start_response: StartResponse, word: str) -> Body:
    return error(start_response, number(word, 599, 400) or 404)


def large(environ: Environ, start_response: StartResponse) -> Body:
    start_response("200 OK", [("Content-Type", BINARY)])
    return pieces(LARGE)


def received(environ: Environ, start_response: StartResponse) -> Body:
    try:
        value = json.loads(b"".join(read(environ)))
    except ValueError:
        return error(start_response, 400)
    return as_json(start_response, {"received": value, "status": "ok"})


def query(environ: Environ, start_response: StartResponse) -> Body:
    given = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return as_json(start_response, {name: values[0] for name, values in given.items()})


def status(environ: Environ, start_response: StartResponse, word: str) -> Body:
    code = number(word, 599, 200)
    if code is None:
        return error(start_response, 404)
    if code in (204, 304):
        start_response(line(code), [])
        return []
    return text(start_response, f"Status {code}", line(code))


def reason(environ: Environ, start_response: StartResponse) -> Body:
    return text(start_response, "special", "299 Quite Special")


def cookies(environ: Environ, start_response: StartResponse) -> Body:
    return text(start_response, "two", more=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])


def response_headers(environ: Environ, start_response: StartResponse, count: str, size: str) -> Body:
    many, long = number(count, MOST_HEADERS), number(size, LONGEST_HEADER)
    if many is None or long is None:
        return error(start_response, 404)
    return text(start_response, "headers", more=[(f"X-N-{each}", "x" * long) for each in range(many)])


def sized(environ: Environ, start_response: StartResponse, word: str) -> Body:
    size = number(word, LARGEST)
    if size is None:
        return error(start_response, 404)
    start_response("200 OK", [("Content-Type", BINARY), ("Content-Length", str(size))])
    return pieces(size)


def count(environ: Environ, start_response: StartResponse) -> Body:
    size, digest = 0, hashlib.sha256()
    for piece in read(environ):
        size += len(piece)
        digest.update(piece)
    return as_json(start_response, {"size": size, "sha256": digest.hexdigest()})


def unread(environ: Environ, start_response: StartResponse) -> Body:
    return text(start_response, "unread")


def stream(environ: Environ, start_response: StartResponse) -> Body:
    start_response("200 OK", [("Content-Type", PLAIN)])
    for each in range(5):
        if each:
            time.sleep(PAUSE)
        yield b"chunk-%d\n" % each


def slow(environ: Environ, start_response: StartResponse, word: str) -> Body:
    milliseconds = number(word, LONGEST)
    if milliseconds is None:
        return error(start_response, 404)
    time.sleep(milliseconds / 1000)
    return text(start_response, f"Waited {milliseconds} ms")


def raises(environ: Environ, start_response: StartResponse, when: str) -> Body:
    if when == "before":
        raise RuntimeError("raised before the response")
    return raise_after(start_response) if when == "after" else error(start_response, 404)


def raise_after(start_response: StartResponse) -> Body:
    start_response("200 OK", [("Content-Type", PLAIN)])
    yield b"begun\n"
    raise RuntimeError("raised after the first piece")


Handler = Callable[..., Body]

# By the first word of the path.
DEEPER: dict[str, dict[str, Handler]] = {
    "environ": dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), show_environ),
}
# By the first word, and by how many come after it.
HANDLERS: dict[tuple[str, int], dict[str, Handler]] = {
    ("", 0): {"GET": index, "HEAD": index},
    ("echo", 0): {"POST": echo},
    ("headers", 0): {"GET": headers},
    ("error", 1): {"GET": show_error},
    ("large", 0): {"GET": large},
    ("json", 0): {"POST": received},
    ("query", 0): {"GET": query},
    ("status", 1): {"GET": status, "HEAD": status},
    ("reason", 0): {"GET": reason},
    ("cookies", 0): {"GET": cookies},
    ("response-headers", 2): {"GET": response_headers},
    ("size", 1): {"GET": sized, "HEAD": sized},
    ("count", 0): {"POST": count},
    ("unread", 0): {"POST": unread},
    ("stream", 0): {"GET": stream},
    ("slow", 1): {"GET": slow},
    ("raise", 1): {"GET": raises},
}
