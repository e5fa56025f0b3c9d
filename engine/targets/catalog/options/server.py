"""The options of a server, which each server's own module translates into its command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.model.server_options import Kind, ServerOption


def _time(name: str, description: str) -> ServerOption:
    return ServerOption(name, _of("time", description), "time")


def _of(kind: str, description: str) -> dict[str, Any]:
    """The schema of a time, a size or a count."""
    return {"$ref": f"#/$defs/{kind}", "description": description}


def _mapping(
    name: str, title: str, description: str, parts: Mapping[str, tuple[Kind, dict[str, Any]]], required: Sequence[str]
) -> ServerOption:
    """An option whose value is a mapping with these parts, each with its kind and its schema."""
    schema = {
        "title": title,
        "description": description,
        "type": "object",
        "minProperties": 1,
        "properties": {part: schema for part, (_, schema) in parts.items()},
        "required": list(required),
        "additionalProperties": False,
    }
    return ServerOption(name, schema, "mapping", parts={part: kind for part, (kind, _) in parts.items()})


OPTIONS = (
    ServerOption(
        "listen",
        {
            "title": "ipv4, ipv6 or unix",
            "description": "The address that the server binds: 127.0.0.1 (default), ::1, or a Unix socket.",
            "enum": ["ipv4", "ipv6", "unix"],
        },
    ),
    ServerOption(
        "workers", {"$ref": "#/$defs/count", "description": "The number of worker processes.", "maximum": 256}
    ),
    _time("worker_timeout", "The time after which a worker that does not respond is ended, and replaced by a new one."),
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
        "proxy_protocol",
        {
            "title": "true, v1 or v2",
            "description": "Expect a header of the PROXY protocol on each connection; true is any version that it has.",
            "type": ["boolean", "string"],
            "pattern": "^v[12]$",
        },
    ),
    ServerOption(
        "message_limit",
        {"$ref": "#/$defs/size", "description": "The largest WebSocket message that is taken."},
        "size",
    ),
    ServerOption(
        "max_requests",
        {
            **_of("count", "The number of requests after which a worker is replaced by a new one."),
            "minimum": 1,
        },
    ),
    _mapping(
        "ping",
        "a mapping with `interval`",
        "The server's own pings on a WebSocket.",
        {
            "interval": ("time", _of("time", "The time between two pings.")),
            "timeout": ("time", _of("time", "The time that a client has for its pong, before the connection ends.")),
        },
        ["interval"],
    ),
    _mapping(
        "limits",
        "a mapping of limits",
        "The sizes and the numbers that the server accepts.",
        {
            "request_line": ("size", _of("size", "The longest request line.")),
            "field": ("size", _of("size", "The longest field line: the name and the value of one header field.")),
            "fields": ("value", _of("count", "The number of header fields of a request.")),
            "head": ("size", _of("size", "The longest head: the request line and all field lines.")),
            "body": ("size", _of("size", "The longest body of a request.")),
            "concurrency": (
                "value",
                _of("count", "The connections or requests that a worker serves at once."),
            ),
            "backlog": ("value", _of("count", "The number of connections that wait to be accepted.")),
        },
        [],
    ),
    ServerOption(
        "access_log",
        {"title": "true or false", "description": "Log a line for each request.", "type": "boolean"},
    ),
    ServerOption(
        "env",
        {
            "title": "a mapping of environment variables",
            "description": "Environment variables of the server's process.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"title": "text", "description": "The value, as text.", "type": "string"},
        },
        "mapping",
        runtime=True,
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
            "description": "The server's own command line; it needs `only.servers` with one name. "
            "`$(address)` is where it listens, with the port; `$(port)` is only the port.",
        },
    ),
)
