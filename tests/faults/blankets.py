"""Servers that answer everything in the same way, and the cases that they pass with good reason.

A case that expects a refusal, a close or an error passes on a server that refuses, closes or fails always, unless it
shows in the same breath that the server does otherwise where it should. Every case that takes a side must fail on each
of these servers; ``JUSTIFIED`` has the exceptions. Cases with a process of their own, with TLS, or without a server are
left out: they cost much, and begin with a request that must be served, or have none.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.case import Case, Level, RunsOn

_SCOPE = "it observes the scope alone"
_NOTHING_SENT = "its application sends nothing before it has seen what the case is about"
_NO_FRAME = "its client sends no frame"
_HANDSHAKE = "it observes the handshake alone"

JUSTIFIED: Mapping[str, Mapping[str, str]] = {
    "always-500": {},
    "always-400": {},
    "always-closes": {},
    "send-always-raises": {
        "asgi/boundary.yaml::disconnect-during-receive": _NOTHING_SENT,
        "contract/http-messages.yaml::abandoned": _NOTHING_SENT,
        "http/scope.yaml::path-is-decoded": _SCOPE,
        "http/scope.yaml::raw-path": _SCOPE,
        "lifespan/state.yaml::nothing-left-behind": _SCOPE,
    },
    "ws-always-403": {},
    "ws-always-1002": {
        "contract/websocket.yaml::connect": _HANDSHAKE,
        "contract/websocket.yaml::scope-is-an-object": _NO_FRAME,
        "contract/websocket.yaml::type-is-websocket": _NO_FRAME,
        "contract/websocket.yaml::path": _NO_FRAME,
        "contract/websocket.yaml::headers": _NO_FRAME,
        "contract/websocket.yaml::required-keys": _NO_FRAME,
        "contract/websocket.yaml::subprotocols-arrive": _NO_FRAME,
        "contract/websocket.yaml::subprotocol-is-selected": _NO_FRAME,
        "contract/websocket.yaml::application-closes": _NO_FRAME,
        "lifespan/state.yaml::websocket-state-is-a-copy": _SCOPE,
        "websocket/frames.yaml::opcodes": _NO_FRAME,
        "websocket/frames.yaml::without-a-key": _HANDSHAKE,
        "websocket/messages.yaml::waits-for-accept": _HANDSHAKE,
        "websocket/messages.yaml::private-code": _NO_FRAME,
        "websocket/messages.yaml::close-beside-receive": _NO_FRAME,
        "websocket/messages.yaml::rejected": _HANDSHAKE,
        "websocket/messages.yaml::query-string": _NO_FRAME,
    },
    "ws-always-1011": {
        "contract/websocket.yaml::connect": _HANDSHAKE,
        "lifespan/state.yaml::websocket-state-is-a-copy": _SCOPE,
        "websocket/frames.yaml::without-a-key": _HANDSHAKE,
        "websocket/messages.yaml::waits-for-accept": _HANDSHAKE,
        "websocket/messages.yaml::rejected": _HANDSHAKE,
    },
}
"""Fault -> case -> why it passes there."""


def concerned(case: Case, fault: str) -> bool:
    """True if a case must fail on a server with that fault. Faults of WebSockets do not affect requests."""
    if case.runs_on is RunsOn.WSGI or case.level is Level.MAY or case.file.startswith("specs/frameworks/"):
        return False
    script = case.body.application
    # A script of the lifespan has a process of its own too, and can be played on any server.
    if case.own_process and (script is None or script.lifespan is None):
        return False
    if "tls" in case.needs or case.file.startswith(("specs/lifecycle/", "specs/tls/")):
        return False
    return not fault.startswith("ws-") or "websocket" in case.needs
