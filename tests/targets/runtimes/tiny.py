"""A very small ASGI server for these tests: GET only, one request a connection, no lifespan.

Called with module:attribute and ``fd:N`` or ``port:N``.
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import sys
from typing import Any


async def serve(app: Any, listener: socket.socket) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        method, path, _ = head[0].decode("latin-1").split(" ")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in head[1:-2])]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
            "client": writer.get_extra_info("peername"), "server": writer.get_extra_info("sockname"),
        }  # fmt: skip

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                writer.write(b"HTTP/1.1 %d X\r\nConnection: close\r\n\r\n" % message["status"])
            else:
                writer.write(message.get("body", b""))

        try:
            await app(scope, receive, send)
        except Exception:
            writer.write(b"HTTP/1.1 500 X\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(connected, sock=listener)
    await server.serve_forever()


def main(name: str, where: str) -> None:
    module, _, attribute = name.partition(":")
    app = getattr(importlib.import_module(module), attribute)
    kind, _, number = where.partition(":")
    given = kind == "fd"
    listener = socket.socket(fileno=int(number)) if given else socket.create_server(("127.0.0.1", int(number)))
    asyncio.run(serve(app, listener))


if __name__ == "__main__":
    main(*sys.argv[1:])
