"""The WebSocket endpoints."""

from __future__ import annotations

from django.urls import path

from contract_site import consumers

websocket_urlpatterns = [
    path("ws/echo", consumers.Echo.as_asgi()),
    path("ws/echo-binary", consumers.EchoBinary.as_asgi()),
    path("ws/scope", consumers.Scope.as_asgi()),
    path("ws/subprotocol", consumers.Subprotocol.as_asgi()),
    path("ws/close", consumers.Close.as_asgi()),
    path("ws/refused", consumers.Refused.as_asgi()),
    path("ws/raises", consumers.Raises.as_asgi()),
    # Channels has no HTTP error of an open WebSocket.
    path("ws/refused-late", consumers.RaisesLate.as_asgi()),
    path("ws/raises-late", consumers.RaisesLate.as_asgi()),
    path("ws/ended", consumers.Ended.as_asgi()),
]
