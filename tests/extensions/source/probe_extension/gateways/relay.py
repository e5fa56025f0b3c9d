"""A gateway that is not nginx: a relay in Python, which passes the client's address to the server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from engine.targets.catalog.gateways.base import FoundProgram, Gateway, GatewayConfig

RELAY = """\
import asyncio

LISTEN, UPSTREAM = {listen!r}, {upstream!r}


async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def relay(reader, writer):
    host, port = writer.get_extra_info("peername")[:2]
    line = await reader.readline()
    if not line:
        return writer.close()
    inner_reader, inner_writer = await asyncio.open_connection(*UPSTREAM)
    inner_writer.write(line + b"X-Engine-Peer: %s:%d\\r\\n" % (host.encode(), port))
    await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)


async def main():
    server = await asyncio.start_server(relay, *LISTEN)
    await server.serve_forever()


asyncio.run(main())
"""


class Relay:
    """The interpreter with a script of its own."""

    name = "relay"
    hint = "it is the engine's own interpreter"

    def find(self, named: str) -> FoundProgram:
        """This interpreter."""
        del named
        return FoundProgram(Path(sys.executable), "the engine's own interpreter")

    def lay_out(self, prefix: Path, gateway: Gateway, config: GatewayConfig) -> None:
        """Write the script."""
        del gateway
        prefix.mkdir(parents=True, exist_ok=True)
        text = RELAY.replace("{listen!r}", repr(config.listen)).replace("{upstream!r}", repr(config.upstream))
        (prefix / "relay.py").write_text(text, "utf-8")

    def command(self, program: FoundProgram, prefix: Path) -> Sequence[str]:
        """The script, in the foreground."""
        return (str(program.path), str(prefix / "relay.py"))

    def complaints(self, log: str) -> Sequence[str]:
        """Its tracebacks' last lines are all that it says."""
        return [line for line in log.splitlines() if line.endswith("Error")]

    def lacks(self, program: FoundProgram, gateway: Gateway, config: GatewayConfig) -> str:
        """Every interpreter can run it."""
        del program, gateway, config
        return ""


GATEWAY = Gateway("relay", "a relay in Python", "http", Relay(), options=frozenset())
