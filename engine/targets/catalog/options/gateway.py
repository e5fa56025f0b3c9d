"""The options of a gateway; all are true or false."""

from __future__ import annotations

from engine.model.server_options import ServerOption


def _flag(name: str, description: str) -> ServerOption:
    schema = {"title": "true or false", "description": description, "type": "boolean"}
    return ServerOption(name, schema, gateway=True)


OPTIONS = (
    _flag("keep_conn", "The gateway keeps its connections to the server; false by default."),
    _flag("buffering", "The gateway takes a response before the client has taken it; true by default."),
    _flag(
        "client_body_buffering",
        "The gateway takes a request's whole body before it turns to the server; true by default.",
    ),
)
