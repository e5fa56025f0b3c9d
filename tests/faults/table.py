"""Which cases must catch which fault. A case that stands in no line proves nothing, unless it takes no side (may).

A case is named by its file and its id without a variant, ``http/scope.yaml::method``: one of its variants must fail, or
warn where the case's level, or the expectation that the fault breaks, is a should. A fault may break other cases too.
"""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[str, tuple[str, ...]]


def _cases(file: str, *ids: str) -> tuple[str, ...]:
    return tuple(f"{file}::{name}" for name in ids)


def _scope(*ids: str) -> tuple[str, ...]:
    return _cases("http/scope.yaml", *ids)


def _messages(*ids: str) -> tuple[str, ...]:
    return _cases("http/messages.yaml", *ids)


def _streaming(*ids: str) -> tuple[str, ...]:
    return _cases("http/streaming.yaml", *ids)


def _wire(*ids: str) -> tuple[str, ...]:
    return _cases("http/wire.yaml", *ids)


def _ws(*ids: str) -> tuple[str, ...]:
    return _cases("websocket/messages.yaml", *ids)


def _frames(*ids: str) -> tuple[str, ...]:
    return _cases("websocket/frames.yaml", *ids)


def _lifespan(*ids: str) -> tuple[str, ...]:
    return _cases("lifespan/state.yaml", *ids)


def _asgi(*ids: str) -> tuple[str, ...]:
    return _cases("asgi/boundary.yaml", *ids)


# Faults of the small server, with the control on it.
SERVERS: Table = {
    "scope-type-http1": _scope("type-is-http"),
    "scope-asgi-2": _scope("asgi-version"),
    "scope-root-path-slash": _scope("root-path"),
    "scope-version-1.1": _scope("http-version"),
    "scope-method-get": _scope("method"),
    "scope-path-raw": _scope("path-is-decoded"),
    "scope-path-twice": _scope("path-is-decoded"),
    "scope-path-plus": _scope("path-is-decoded"),
    "scope-path-query": _scope("path-without-query"),
    "scope-raw-path-decoded": _scope("raw-path"),
    "scope-query-decoded": _scope("query-string"),
    "scope-query-cut": _scope("query-string"),
    "scope-query-marked": _scope("no-query-string", "query-string"),
    "scope-headers-text": _scope("headers-are-pairs-of-bytes"),
    "scope-headers-reversed": _scope("repeated-headers"),
    "scope-headers-joined": _scope("repeated-headers"),
    "scope-headers-upper": _scope("header-names-in-lower-case"),
    "scope-headers-dropped": _messages("request-headers") + _scope("headers-are-pairs-of-bytes"),
    "scope-headers-padded": _scope("space-around-a-value"),
    "scope-client-port-text": _scope("client"),
    "scope-server-missing-port": _scope("server"),
    "scope-subprotocols-reversed": _ws("subprotocol"),
    "request-body-cut": _messages("echo"),
    "request-body-raw-chunks": _messages("chunked-request"),
    "request-never-ends": _messages("echo"),
    "no-disconnect": _messages("client-leaves") + _asgi("disconnect-during-receive", "receive-beside-send"),
    "early-disconnect": _asgi("receive-waits"),
    "disconnect-once": _asgi("disconnect-during-receive"),
    "state-shared": _lifespan("state-is-a-copy", "websocket-state-is-a-copy"),
    "state-missing": _lifespan("state-is-a-copy"),
    "context-shared": _asgi("context-does-not-leak"),
    "no-lifespan": _lifespan("startup-was-called"),
    "lifespan-is-required": _lifespan("without-lifespan"),
    "unknown-event-ignored": _asgi("unknown-event"),
    "wrong-types-ignored": _asgi("wrong-types"),
    "unknown-key-raises": _asgi("unknown-keys"),
    "send-after-end-silent": _asgi("send-after-disconnect"),
    "exception-leaks": _asgi("raise-is-500"),
    "exception-hangs": _asgi("raise-is-500"),
    "exception-stops-server": _asgi("others-go-on"),
    "no-answer-hangs": _asgi("no-answer"),
    "abort-looks-complete": _streaming("broken-off"),
    "waits-for-the-call": _streaming("work-after-the-response"),
    "status-200": _messages("status"),
    "body-cut": _messages("large-response", "echo") + _streaming("many-pieces"),
    "body-held": _streaming("sent-before-the-end", "chunks", "server-sent-events"),
    "body-not-ended": _streaming("many-pieces"),
    "empty-piece-ends-body": _streaming("empty-piece"),
    "chunked-for-1.0": _streaming("http-1-0-without-chunks"),
    "response-headers-sorted": _messages("response-headers"),
    "response-cookies-joined": _messages("response-headers"),
    "response-headers-split": _messages("header-cannot-split"),
    "head-with-body": _wire("head-without-body"),
    "no-content-with-body": _messages("no-body"),
    "no-content-with-length": _messages("no-length-with-204"),
    "no-date": _messages("date"),
    "no-continue": _wire("expect-100"),
    "final-100": _messages("no-final-100"),
    "keeps-open": _wire("connection-close"),
    "never-persists": _wire("persistent"),
    "pipeline-reversed": _wire("pipelined-in-order"),
    "pipeline-dropped": _wire("pipelined-in-order"),
    "answers-swapped": _messages("many-at-once"),
    "short-body-padded": _wire("short-body"),
    "any-content-length": _wire("bad-content-length"),
    "any-transfer-encoding": _wire("obfuscated-chunked"),
    "any-chunk-size": _wire("bad-chunk-size"),
    "missing-host-accepted": _wire("missing-host"),
    "space-before-colon-accepted": _wire("space-before-colon"),
    "both-lengths-smuggle": _wire("both-lengths"),
    "one-read-a-request": _wire("byte-by-byte"),
    "long-target-hangs": _wire("target-too-long"),
    "long-target-500": _wire("target-too-long"),
    "bare-lf-hangs": _wire("single-lf"),
    "ws-missing-key-accepted": _frames("without-a-key"),
    "ws-no-101": _ws("handshake"),
    "ws-wrong-accept": _ws("waits-for-accept"),
    "ws-accepts-early": _ws("waits-for-accept"),
    "ws-no-subprotocol": _ws("subprotocol"),
    "ws-scope-no-query": _ws("scope"),
    "ws-text-as-binary": _ws("echo-text") + _frames("opcodes"),
    "ws-truncates": _ws("echo-binary"),
    "ws-drops-empty": _ws("echo-binary") + _frames("opcodes"),
    "ws-masks": _frames("opcodes"),
    "ws-fragments-apart": _frames("fragments-with-a-ping-between"),
    "ws-invalid-utf8": _frames("invalid-utf8"),
    "ws-any-opcode": _frames("reserved-opcode"),
    "ws-unmasked-accepted": _frames("unmasked"),
    "ws-no-pong": _frames("ping", "fragments-with-a-ping-between"),
    "ws-wrong-pong": _frames("ping"),
    "ws-close-1000": _ws("application-closes", "client-closes"),
    "ws-close-dropped": _ws("application-closes"),
    "ws-disconnect-1006": _ws("client-closes"),
    "ws-close-loses-messages": _frames("close-race"),
    "ws-reads-after-close": _frames("close-race"),
    "ws-rejects-with-close-frame": _ws("rejected"),
    "ws-open-after-raise": _ws("application-raises"),
    "ws-lone-continuation-accepted": _frames("lone-continuation"),
}

# Faults of the application, on a server that is right.
APPS: Table = {
    "status": _messages("status"),
    "content-type": _streaming("chunks", "server-sent-events") + _messages("echo", "request-headers"),
    "echo-cut": _messages("echo", "many-at-once"),
    "echo-upper": _messages("echo"),
    "large-cut": _messages("large-response"),
    "health-words": _messages("date"),
    "headers-in-capitals": _messages("request-headers"),
    "scope-in-capitals": _scope("type-is-http", "headers-are-pairs-of-bytes"),
    "streaming-out-of-order": _streaming("chunks"),
    "streaming-collected": _streaming("chunks", "server-sent-events"),
    "sse-without-done": _streaming("server-sent-events"),
    "counter-stuck": _lifespan("counter"),
    "state-forgotten": _lifespan("startup-was-called"),
    "scope-path-lost": _scope("type-is-http", "path-without-query"),
    "query-lost": _scope("query-string") + _ws("scope", "application-closes"),
    "ws-upper": _ws("echo-text"),
    "ws-binary-as-text": _ws("echo-binary"),
    "ws-close-code-lost": _ws("application-closes"),
    "ws-close-swallowed": _ws("application-closes"),
    "ws-no-subprotocol": _ws("subprotocol"),
    "ws-never-accepts": _ws("handshake"),
}
