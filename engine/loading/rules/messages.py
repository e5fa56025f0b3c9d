"""Messages with a wrong length, if nothing in the case shows that it is intended."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from engine.documents.diagnostics import Notes
from engine.loading.read.outline import Item, groups
from engine.loading.read.reader import CaseReader
from engine.loading.rules.view import View
from engine.model.nodes import Node
from engine.model.variables import Unknown
from engine.model.wire_bytes import size_of

CODE = "content-length"

# Larger bodies are not made for this.
LARGEST = 1024 * 1024

# The facts by which a case says that it counts on a broken message.
_BROKEN = frozenset({"complete", "outcome", "open"})

_length = re.compile(rb"\r\ncontent-length: *([0-9]{1,18}) *\r\n", re.IGNORECASE)
_request_line = re.compile(rb"(?:CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|TRACE) [!-~]+ HTTP/1\.[01]\r\n")


def check(view: View) -> None:
    """A Content-Length that differs from the body: of a `request`, of a `respond`, and of a request in `tcp` whose
    response is expected immediately. A case that expects a refusal, a malformed message or an end of the connection is
    not checked."""
    if _means_it(view):
        return
    for item in view.items():
        if item.name == "request":
            _fields(view, item.body.get("headers"), item.body.get("body"))
        elif item.name == "tcp":
            for inner in item.inner:
                _script(view, inner.items)
    for _, body in view.commands():
        _fields(view, body.get("headers"), body.get("body"))


def _means_it(view: View) -> bool:
    for item in view.items():
        if item.name == "closed" or item.body.get("abandon_after") is not None:
            return True
        for name, matcher in groups(item.body):
            if name in _BROKEN or (name == "status" and not _is_success(matcher)):
                return True
    return False


def _is_success(matcher: Node) -> bool:
    return isinstance(matcher.value, int) and matcher.value < 400


def _fields(view: View, headers: Node | None, body: Node | None) -> None:
    """Check the headers of a body; without a body there is nothing to count."""
    data = _made(view, body, "") if body is not None else None
    if headers is None or data is None:
        return
    for name, value in _pairs(headers):
        text = value.value
        if name.lower() != "content-length" or not isinstance(text, str) or not (text.isascii() and text.isdigit()):
            continue
        if text.lstrip("0") != str(len(data)).lstrip("0"):
            _warn(view, value, text, len(data))


def _pairs(headers: Node) -> Iterator[tuple[str, Node]]:
    for item in headers.items():
        if len(item.items()) == 2 and isinstance(item.items()[0].value, str):
            yield str(item.items()[0].value), item.items()[1]
    yield from headers.entries()


def _script(view: View, items: tuple[Item, ...]) -> None:
    """Check each `send` that is followed by an assertion about its response."""
    for item, following in itertools.pairwise(items):
        if item.name != "send" or following.name != "response":
            continue
        # A Host of another length must make no difference: else it stands in a body, whose length only the run knows.
        found = {wrong for host in ("h", "host") for wrong in _wrong(_made(view, item.body, host))}
        if len(found) == 1:
            _warn(view, item.body, *found.pop())


def _wrong(data: bytes | None) -> Iterator[tuple[str, int]]:
    """The stated and the actual length of the first wrong request in a sequence."""
    while data and _request_line.match(data):
        head, end, rest = data.partition(b"\r\n\r\n")
        found = _length.search(head + b"\r\n")
        if not end or found is None or b"transfer-encoding" in head.lower():
            return
        following = _request_line.search(rest)
        size = following.start() if following is not None else len(rest)
        if int(found[1]) != size:
            yield found[1].decode(), size
            return
        data = rest[size:]


def _made(view: View, node: Node, host: str) -> bytes | None:
    """The bytes of a literal; None if only the run knows them, or there are too many. ``host`` stands for the variable
    of that name, or is "" if it is as unknown as the others."""
    reader = CaseReader(view.vocabulary, Notes())
    data = reader.bytes(node)
    if reader.noted or size_of(data) > LARGEST:
        return None
    try:
        return data.render({"host": host} if host else {})
    except (Unknown, ValueError, TypeError):
        return None


def _warn(view: View, node: Node, said: str, size: int) -> None:
    what = f"the Content-Length is {said[:40]}, and the body has {size} bytes"
    hint = f"write {size}; or expect the consequence, such as `complete`, `outcome`, `closed` or a status of 400"
    view.notes.warning(node.place, CODE, what, hint)
