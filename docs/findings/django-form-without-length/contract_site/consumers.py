"""The WebSocket endpoints' consumers."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from channels.exceptions import DenyConnection
from channels.generic.websocket import AsyncWebsocketConsumer

from contract_site.showing import as_json

UNSUPPORTED = 1003


class Echo(AsyncWebsocketConsumer):
    """Each text message back."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data is None:
            await self.close(code=UNSUPPORTED)
        else:
            await self.send(text_data=text_data)


class EchoBinary(AsyncWebsocketConsumer):
    """Each binary message back."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if bytes_data is None:
            await self.close(code=UNSUPPORTED)
        else:
            await self.send(bytes_data=bytes_data)


class Scope(AsyncWebsocketConsumer):
    """The scope, then the end."""

    async def connect(self) -> None:
        await self.accept()
        await self.send(text_data=json.dumps(as_json(self.scope)))
        await self.close(code=1000)


class Subprotocol(AsyncWebsocketConsumer):
    """Accepts the first subprotocol that was offered, and reports it."""

    async def connect(self) -> None:
        requested = list(self.scope.get("subprotocols", []))
        selected = requested[0] if requested else None
        await self.accept(subprotocol=selected)
        await self.send(text_data=json.dumps({"requested": requested, "selected": selected}))
        await self.close(code=1000)


class Close(AsyncWebsocketConsumer):
    """Accepts, then closes with the code that was asked for."""

    async def connect(self) -> None:
        query = parse_qs(self.scope.get("query_string", b"").decode())
        await self.accept()
        await self.close(code=int(query.get("code", ["1000"])[0]))


class Refused(AsyncWebsocketConsumer):
    """Refuses the handshake by an exception."""

    async def connect(self) -> None:
        raise DenyConnection


class Raises(AsyncWebsocketConsumer):
    """Fails before it accepts."""

    async def connect(self) -> None:
        raise RuntimeError("words of the handler")


class RaisesLate(AsyncWebsocketConsumer):
    """Fails once it has accepted."""

    async def connect(self) -> None:
        await self.accept()
        raise RuntimeError("words of the handler")


class Ended(Echo):
    """Each text message back; then what the end was. Channels gives a consumer only the code."""

    async def disconnect(self, code: int) -> None:
        self.scope.setdefault("state", {})["ended"] = {"code": code, "reason": None}
