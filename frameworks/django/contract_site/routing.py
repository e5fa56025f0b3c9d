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
]
