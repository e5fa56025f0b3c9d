"""The options of a server, which each server's own module translates into its command line."""

from __future__ import annotations

from engine.model.server_options import ServerOption


def _time(name: str, description: str) -> ServerOption:
    return ServerOption(name, {"$ref": "#/$defs/time", "description": description}, "time")


OPTIONS = (
    ServerOption(
        "workers", {"$ref": "#/$defs/count", "description": "The number of worker processes.", "maximum": 256}
    ),
    _time("keep_alive", "The time that an idle connection is kept open."),
    _time("grace", "The time that running requests get when the server stops."),
    ServerOption(
        "root_path",
        {"title": "text", "description": "The root path (SCRIPT_NAME) that is passed to the server.", "type": "string"},
    ),
    ServerOption(
        "trust_proxy",
        {"title": "true or false", "description": "Take X-Forwarded-* from the client.", "type": "boolean"},
    ),
    ServerOption(
        "message_limit",
        {"$ref": "#/$defs/size", "description": "The largest WebSocket message that is taken."},
        "size",
    ),
    ServerOption(
        "protocol",
        {
            "title": "a protocol's name",
            "x-code": "name:protocol",
            "description": "The protocol on the socket.",
            "enum": ["fastcgi", "http", "scgi", "uwsgi"],
        },
    ),
    ServerOption(
        "tls",
        {
            "title": "true, false, or a mapping with `client_cert`",
            "description": "Serve TLS; with `client_cert` a client is asked for its certificate.",
            "type": ["boolean", "object"],
            "properties": {
                "client_cert": {
                    "title": "optional or required",
                    "description": "The mode of client certificates: optional or required.",
                    "enum": ["optional", "required"],
                },
            },
            "required": ["client_cert"],
            "additionalProperties": False,
        },
        "tls",
    ),
    ServerOption(
        "lifespan",
        {
            "title": "auto, on or off",
            "description": "The server's lifespan mode.",
            "enum": ["auto", "off", "on"],
        },
    ),
    ServerOption(
        "flags",
        {
            "title": "a list of names",
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "description": "A name."},
            "description": "The server's own command line; it needs `only.servers` with one name.",
        },
    ),
)
