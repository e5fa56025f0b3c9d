"""Requests as browsers send them: redirects are followed, and cookies are kept."""

from __future__ import annotations

import contextlib
import email.utils
import time
from collections.abc import Callable
from http.cookies import CookieError, Morsel, SimpleCookie
from urllib.parse import urljoin, urlsplit

from engine.reproduce.parts.checks import ABSENT
from engine.reproduce.parts.http1 import Response, request
from engine.reproduce.parts.wire import HOST, PORT, Connection, connect

MOST_REDIRECTS = 20


class Jar:
    """Cookies that requests share, by their names and paths (RFC 6265)."""

    def __init__(self) -> None:
        self.cookies: dict[tuple[str, str], Morsel[str]] = {}

    def keep(self, reply: Response, path: str) -> None:
        """Keep the cookies of the response to a request for a path; those that are over are removed."""
        for line in reply.values("set-cookie"):
            with contextlib.suppress(CookieError, ValueError):
                for name, one in SimpleCookie(line).items():
                    below = one["path"] if one["path"].startswith("/") else path.rpartition("/")[0] or "/"
                    self.cookies.pop((name, below), None)
                    if not is_over(one):
                        self.cookies[name, below] = one

    def field(self, path: str) -> str:
        """The value of the Cookie field of a request for a path, "" for none."""
        fitting = [key for key in self.cookies if path == key[1] or path.startswith(key[1].rstrip("/") + "/")]
        longest_first = sorted(fitting, key=lambda key: -len(key[1]))
        return "; ".join(f"{key[0]}={self.cookies[key].coded_value}" for key in longest_first)

    def value(self, name: str) -> object:
        """The value of the newest cookie of a name."""
        found = [one.coded_value for key, one in self.cookies.items() if key[0] == name]
        return found[-1] if found else ABSENT


def is_over(cookie: Morsel[str]) -> bool:
    """True if a cookie is to be removed."""
    if cookie["max-age"]:
        return int(cookie["max-age"]) <= 0
    until = email.utils.parsedate_to_datetime(cookie["expires"]).timestamp() if cookie["expires"] else None
    return until is not None and until <= time.time()


def browse(
    method: str,
    target: str,
    headers: list[tuple[str, str]],
    *,
    body: bytes = b"",
    jar: Jar | None = None,
    follow: bool = False,
    connection: Connection | None = None,
    within: float | None = None,
    deliver: Callable[[bytes], bytes | list[bytes]] = bytes,
) -> Response:
    """Send a request with the cookies of a jar, and those that its redirects lead to. The first of ``headers`` is Host.
    ``deliver`` divides the bytes of a request. Returns the last response, which is a redirect if that leads to
    another server, or after MOST_REDIRECTS of them."""
    began, used = time.monotonic(), connection
    redirects: list[dict[str, object]] = []
    host = headers[0][1]
    while True:
        path = urlsplit(target).path or "/"
        cookies = jar.field(path) if jar is not None else ""
        sent = [*headers, *([("Cookie", cookies)] if cookies else [])]
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent) + "\r\n"
        if used is None:
            used = connect((HOST, PORT))[1]
        # A server that refuses the connection refuses that of the request as well, which is its outcome then.
        reply = request(deliver(head.encode("latin-1") + body), used, method=method, within=within, body=body)
        reply.began, reply.redirects = began, redirects
        if jar is not None:
            jar.keep(reply, path)
        location = reply.header("location")
        if not follow or reply.status not in (301, 302, 303, 307, 308) or not isinstance(location, str):
            break
        there = urlsplit(urljoin(f"http://{host}{target}", location))
        if (there.scheme, there.netloc) != ("http", host) or len(redirects) >= MOST_REDIRECTS:
            break
        redirects.append({"status": reply.status, "location": location})
        target = (there.path or "/") + (f"?{there.query}" if there.query else "")
        if (reply.status in (302, 303) and method != "HEAD") or (reply.status, method) == (301, "POST"):
            method, body = "GET", b""
            headers = [pair for pair in headers if pair[0].lower() not in ("content-length", "content-type")]
        closes = "close" in ",".join(reply.values("connection")).lower()
        if used is not None and (closes or used.ended or reply.framing == "until-close"):
            used.close()
            used = None
    if used is not None and used is not connection:
        used.close()
    return reply
