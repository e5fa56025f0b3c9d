"""Faults in the redirects that a framework makes by itself, of a path with a slash too many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from .base import App, Receive, Scope, Send, Wrap, Wrong

Location = Callable[[Scope, str], str]


def redirecting(location: Location, status: int = 307) -> Wrap:
    """Paths that end with a slash, or begin with two, are redirected; ``location`` has the path without it."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if scope["type"] != "http" or not (path.endswith("/") or "//" in path) or len(path) < 2:
                await inner(scope, receive, send)
                return
            value = location(scope, path.rstrip("/") if path.strip("/") else path)
            pairs = [(b"location", value.encode("utf-8", "surrogateescape"))]
            await send({"type": "http.response.start", "status": status, "headers": pairs})
            await send({"type": "http.response.body", "body": b""})

        return wrong

    return wrap


def query(scope: Scope) -> str:
    found: str = scope["query_string"].decode("latin-1")
    return f"?{found}" if found else ""


def host(scope: Scope) -> str:
    value: bytes = dict(scope["headers"]).get(b"host", b"")
    return value.decode("latin-1")


def one_slash(path: str) -> str:
    return "/" + path.lstrip("/\\")


def right(scope: Scope, path: str) -> str:
    """The location that a right redirect has."""
    return quote(one_slash(path)) + query(scope)


def of_the_host(scope: Scope, path: str) -> str:
    """An absolute location. Raises ValueError for a Host that is none."""
    name = host(scope)
    urlsplit(f"http://{name}/").port  # noqa: B018
    return f"http://app.example{right(scope, path)}"


def of_a_known_host(scope: Scope, path: str) -> str:
    """An absolute location. Raises ValueError for another Host than the app's."""
    if host(scope) != "app.example":
        raise ValueError(f"{host(scope)} is unknown")
    return f"http://app.example{right(scope, path)}"


def named_in_the_path(scope: Scope, path: str) -> str:
    """A location on the server that the path names, wherever it does."""
    return "http://example.org/" if "example.org" in path else right(scope, path)


MUTANTS: Mapping[str, Wrong] = {
    "slash-redirect-elsewhere": Wrong(
        "a redirect of a path with two slashes leads to another server",
        redirecting(lambda scope, path: quote(path) + query(scope)),
    ),
    "slash-redirect-keeps-backslashes": Wrong(
        "a redirect of a path with a backslash leads to another server",
        redirecting(lambda scope, path: "/" + path.lstrip("/")),
    ),
    "slash-redirect-decoded": Wrong(
        "a redirect has the decoded path", redirecting(lambda scope, path: one_slash(path))
    ),
    "slash-redirect-encoded-twice": Wrong(
        "a redirect has the path encoded twice",
        redirecting(lambda scope, path: quote(right(scope, path), safe="/?=&+")),
    ),
    "slash-redirect-without-query": Wrong(
        "a redirect loses the query", redirecting(lambda scope, path: quote(one_slash(path)))
    ),
    "slash-redirect-to-get": Wrong("a redirect turns POST into GET", redirecting(right, 303)),
    "slash-redirect-above-root-path": Wrong(
        "a redirect leads above the root path",
        redirecting(lambda scope, path: right(scope, one_slash(path).removeprefix(scope.get("root_path", "")))),
    ),
    "slash-redirect-needs-a-host": Wrong("a redirect fails on a Host that is none", redirecting(of_the_host)),
    "slash-redirect-of-any-host": Wrong(
        "a redirect repeats any Host", redirecting(lambda scope, path: f"http://{host(scope)}{right(scope, path)}")
    ),
    "slash-redirect-to-any-name": Wrong(
        "a redirect leads to a server that the path names", redirecting(named_in_the_path)
    ),
    "slash-redirect-needs-its-host": Wrong("a redirect fails on an unknown Host", redirecting(of_a_known_host)),
}
