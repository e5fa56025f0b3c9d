"""The manners of servers: PEP 3333 leaves much to a server, and an app must bear with all of it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

Environ = dict[str, Any]

# What environ need not have where it would be empty ("environ Variables").
MAY_BE_ABSENT = ("SCRIPT_NAME", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH")


class Strict(io.BytesIO):
    """An input that has no end: PEP 3333 has the application ask for no more than there is."""

    def read(self, size: int | None = -1) -> bytes:
        left = len(self.getvalue()) - self.tell()
        if size is None or size < 0 or size > left:
            raise TimeoutError(f"{size} bytes were asked for where {left} are left: a server may wait for ever")
        return super().read(size)


@dataclass(frozen=True)
class Manner:
    """``all_keys``: environ has every variable that it may have, empty ones too, or only what it must have.
    ``ends``: the input says where it ends."""

    name: str
    all_keys: bool
    ends: bool

    def environ(self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> Environ:
        """The environ of a request; ``path`` and ``query`` are as written in it."""
        variables = {name.upper().replace("-", "_"): value for name, value in headers.items()}
        environ: Environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": variables.pop("CONTENT_TYPE", ""),
            "CONTENT_LENGTH": str(len(body)) if method in ("POST", "PUT", "PATCH") else "",
            "SERVER_NAME": "here",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "here",
            **{f"HTTP_{name}": value for name, value in variables.items()},
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body) if self.ends else Strict(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if self.all_keys:
            of_the_server = {"REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "50000", "REQUEST_URI": path}
            return environ | of_the_server | {"wsgi.file_wrapper": FileWrapper, "of.the.test": object()}
        return {name: value for name, value in environ.items() if value != "" or name not in MAY_BE_ABSENT}


MANNERS = {one.name: one for one in (Manner("rich", all_keys=True, ends=True), Manner("lean", False, False))}
