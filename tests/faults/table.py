"""Which cases must catch which fault. A case that stands in no line proves nothing, unless it takes no side (may).

A case is named by its file and its id, ``http/scope.yaml::method``: one of its variants must fail, or warn where the
case's level, or the expectation that the fault breaks, is a should. With a variant it is that one,
``contract/http-messages.yaml::echo[empty]``. A fault may break other cases too.
"""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[str, tuple[str, ...]]


def _cases(file: str, *ids: str) -> tuple[str, ...]:
    return tuple(f"{file}::{name}" for name in ids)


# The contract's suites, those of the same name.


def _http_scope(*ids: str) -> tuple[str, ...]:
    return _cases("contract/http-scope.yaml", *ids)


def _http_messages(*ids: str) -> tuple[str, ...]:
    return _cases("contract/http-messages.yaml", *ids)


def _websocket(*ids: str) -> tuple[str, ...]:
    return _cases("contract/websocket.yaml", *ids)


def _startup(*ids: str) -> tuple[str, ...]:
    return _cases("contract/lifespan.yaml", *ids)


def _streamed(*ids: str) -> tuple[str, ...]:
    return _cases("contract/streaming.yaml", *ids)


def _variants(name: str, *variants: object) -> tuple[str, ...]:
    return tuple(f"{name}[{variant}]" for variant in variants)


ECHO = _variants("echo", "empty", "text", "binary", "json", "100-kib")
STATUS = _variants("status", 200, 201, 204, 301, 400, 404, 500, 503)
LARGE = _variants("large-response", "100-kib", "1-mib")
TEXTS = _variants("echo-text", 1, 3)
BINARIES = _variants("echo-binary", "bytes", "64-kib")
CLOSES = _variants("application-closes", 1000, 1001, 1002, 1003, 1008, 1011)
COUNTERS = ("counter-after-one", "counter-after-two", "counter-after-three")

# What goes beyond the contract.


def _scope(*ids: str) -> tuple[str, ...]:
    return _cases("http/scope.yaml", *ids)


def _messages(*ids: str) -> tuple[str, ...]:
    return _cases("http/messages.yaml", *ids)


def _streaming(*ids: str) -> tuple[str, ...]:
    return _cases("http/streaming.yaml", *ids)


def _wire(*ids: str) -> tuple[str, ...]:
    return _cases("http/wire.yaml", *ids)


def _after(*ids: str) -> tuple[str, ...]:
    return _cases("http/connections.yaml", *ids)


def _ws(*ids: str) -> tuple[str, ...]:
    return _cases("websocket/messages.yaml", *ids)


def _frames(*ids: str) -> tuple[str, ...]:
    return _cases("websocket/frames.yaml", *ids)


def _lifespan(*ids: str) -> tuple[str, ...]:
    return _cases("lifespan/state.yaml", *ids)


def _asgi(*ids: str) -> tuple[str, ...]:
    return _cases("asgi/boundary.yaml", *ids)


def _starting(*ids: str) -> tuple[str, ...]:
    return _cases("lifecycle/startup.yaml", *ids)


def _stopping(*ids: str) -> tuple[str, ...]:
    return _cases("lifecycle/shutdown.yaml", *ids)


def _workers(*ids: str) -> tuple[str, ...]:
    return _cases("lifecycle/workers.yaml", *ids)


def _costs(*ids: str) -> tuple[str, ...]:
    return _cases("lifecycle/resources.yaml", *ids)


def _owed(*ids: str) -> tuple[str, ...]:
    return _cases("frameworks/obligations.yaml", *ids)


def _tls(*ids: str) -> tuple[str, ...]:
    return _cases("tls/serving.yaml", *ids)


def _secure(*ids: str) -> tuple[str, ...]:
    return _cases("tls/connections.yaml", *ids)


def _insecure(*ids: str) -> tuple[str, ...]:
    return _cases("tls/plain.yaml", *ids)


def _extension(*ids: str) -> tuple[str, ...]:
    return _cases("tls/extension.yaml", *ids)


FAILED = _variants("startup-failed", "with-a-message", "without-one")

# Faults of the small server, with the control on it.
SERVERS: Table = {
    "scope-type-http1": _http_scope("type-is-http"),
    "scope-asgi-2": _http_scope("asgi-version"),
    "scope-root-path-slash": _http_scope("root-path"),
    "scope-version-1.1": _http_scope("http-version"),
    "scope-method-get": _http_scope("method") + _scope("method"),
    "scope-path-raw": _scope("path-is-decoded"),
    "scope-path-twice": _scope("path-is-decoded"),
    "scope-path-plus": _scope("path-is-decoded"),
    "scope-path-query": _http_scope("path"),
    "scope-raw-path-decoded": _scope("raw-path"),
    "scope-query-decoded": _http_scope("query-string") + _ws("query-string"),
    "scope-query-cut": _scope("second-question-mark"),
    "scope-query-marked": _http_scope("no-query-string", "query-string"),
    "scope-headers-text": _http_scope("headers-are-pairs") + _websocket("headers"),
    "scope-headers-reversed": _scope("repeated-headers"),
    "scope-headers-joined": _scope("repeated-headers"),
    "scope-headers-upper": _http_scope("header-names-in-lower-case"),
    "scope-headers-dropped": _http_scope("custom-header", "all-headers")
    + _http_messages("request-header")
    + _websocket("headers"),
    "scope-headers-padded": _scope("space-around-a-value"),
    "scope-client-port-text": _http_scope("client"),
    "scope-server-missing-port": _http_scope("server"),
    "scope-ends-swapped": _scope("both-ends"),
    "scope-subprotocols-reversed": _websocket("subprotocols-arrive", "subprotocol-is-selected"),
    "request-body-cut": _http_messages(*ECHO[1:]) + _messages("post-after-post") + _tls("body"),
    "request-body-raw-chunks": _messages("chunked-request"),
    "request-never-ends": _http_messages("echo[empty]"),
    "no-disconnect": _http_messages("abandoned")
    + _asgi("disconnect-during-receive", "receive-beside-send")
    + _secure(*_variants("client-leaves", "closure-alert", "bare-fin", "reset")),
    "early-disconnect": _asgi("receive-waits"),
    "disconnect-once": _asgi("disconnect-during-receive"),
    "state-shared": _lifespan("state-is-a-copy", "websocket-state-is-a-copy"),
    "state-crowded": _lifespan("nothing-left-behind"),
    "state-missing": _lifespan("state-is-a-copy"),
    "context-shared": _asgi("context-does-not-leak"),
    "no-lifespan": _startup("startup-was-called"),
    "lifespan-is-required": _lifespan("without-lifespan") + _starting("lifespan-refused", "startup-raises"),
    "unknown-event-ignored": _asgi("unknown-event"),
    "wrong-types-ignored": _asgi("wrong-types"),
    "unknown-key-raises": _asgi("unknown-keys"),
    "send-after-end-silent": _asgi("send-after-disconnect"),
    "exception-leaks": _asgi("raise-is-500"),
    "exception-hangs": _asgi("raise-is-500"),
    "exception-stops-server": _asgi("others-go-on"),
    "no-answer-hangs": _asgi("no-answer"),
    "abort-seems-complete": _streaming("broken-off"),
    "waits-for-the-call": _streaming("work-after-the-response"),
    "status-200": _http_messages(*STATUS[1:]),
    "body-cut": _http_messages(*LARGE, *ECHO[1:])
    + _messages(*_variants("body-near-64-kib", 65535, 65536, 65537), *_variants("body-sizes", 1, 64, 65536, 1048576))
    + _streamed("five-mib")
    + _streaming("many-pieces")
    + _tls("body", "large-response"),
    "body-held": _streamed("ten-lines", "sse-fields") + _streaming("sent-before-the-end"),
    "body-not-ended": _streaming("many-pieces"),
    "empty-piece-ends-body": _streaming("empty-piece"),
    "chunked-for-1.0": _streaming("http-1-0-without-chunks"),
    "response-headers-sorted": _messages("response-headers"),
    "response-cookies-joined": _messages("response-headers"),
    "headers-needed": _messages("headers-left-out"),
    "response-headers-split": _messages("header-cannot-split"),
    "head-with-body": _wire("head-without-body"),
    "no-content-with-body": _messages("no-body"),
    "no-content-with-length": _messages("no-length-with-204"),
    "no-date": _messages("date"),
    "no-continue": _wire("expect-100"),
    "final-100": _http_messages("no-final-100"),
    "keeps-open": _wire("connection-close"),
    "never-persists": _wire("persistent") + _secure("persistent"),
    "pipeline-reversed": _wire("pipelined-in-order") + _secure("pipelined-in-order"),
    "pipeline-dropped": _wire("pipelined-in-order"),
    "answers-swapped": _messages("many-at-once"),
    "short-body-padded": _wire("short-body"),
    "any-content-length": _wire("bad-content-length"),
    "first-length-counts": _wire(*_variants("several-lengths", "lines-that-differ", "list-that-differs")),
    "any-transfer-encoding": _wire("obfuscated-chunked"),
    "any-chunk-size": _wire("bad-chunk-size"),
    "missing-host-accepted": _wire("missing-host"),
    "space-before-colon-accepted": _wire("space-before-colon"),
    "both-lengths-smuggle": _wire("both-lengths"),
    "always-500": _http_scope("client", "server")
    + _http_messages("status[500]", "no-final-100")
    + _messages("header-cannot-split")
    + _scope("raw-path")
    + _asgi("no-answer")
    + _wire("bad-content-length", "obfuscated-chunked", "missing-host", "target-too-long", "short-body"),
    "always-400": _http_messages("status[400]")
    + _wire("bad-content-length", "bad-chunk-size", "both-lengths", "missing-host", "space-before-colon", "single-lf")
    + _frames("without-a-key"),
    "always-closes": _streaming("broken-off") + _after("after-an-exception") + _secure("closure-alert"),
    "send-always-raises": _asgi("wrong-types", "raise-is-500") + _costs("slow-reader"),
    "ws-always-403": _ws("rejected"),
    "ws-always-1002": _frames("reserved-opcode", "unmasked", "lone-continuation") + _ws("lost"),
    "ws-always-1011": _websocket(*CLOSES) + _ws("application-raises", "closes-without-code", "lost") + _frames("ping"),
    "later-paths": _after("after-a-body", "three-pipelined"),
    "later-queries": _after("after-a-body"),
    "later-fields": _after("after-a-body", "three-pipelined", "after-100-continue"),
    "later-trailers": _after("after-trailers"),
    "later-clients": _scope("both-ends"),
    "later-bodies": _after("after-a-body", "after-trailers", "three-pipelined"),
    "later-unread-in-the-body": _after(*_variants("after-an-unread-body", "small", "100-kib")),
    "later-unread-is-a-request": _after(*_variants("after-an-unread-body", "small", "100-kib")),
    "later-statuses": _after("after-a-body"),
    "later-response-fields": _after("after-a-body"),
    "later-bodies-sent-again": _after("after-a-body", *_variants("after-a-response", "chunks")),
    "later-bare": _after(*_variants("after-a-response", "head", "204", "304")),
    "later-cut": _after(*_variants("after-a-response", "1-mib")),
    "later-continue": _after("after-100-continue"),
    "later-500": _after("after-an-exception"),
    "pipeline-third-lost": _after("three-pipelined"),
    "one-read-a-request": _wire("byte-by-byte") + _secure("request-in-many-records"),
    "long-target-hangs": _wire("target-too-long"),
    "long-target-500": _wire("target-too-long"),
    "bare-lf-hangs": _wire("single-lf"),
    "ws-missing-key-accepted": _frames("without-a-key"),
    "ws-no-101": _websocket("connect"),
    "ws-wrong-accept": _ws("waits-for-accept"),
    "ws-accepts-early": _ws("waits-for-accept"),
    "ws-no-subprotocol": _websocket("subprotocol-is-selected"),
    "ws-scope-no-query": _ws("query-string"),
    "ws-text-as-binary": _websocket(*TEXTS) + _frames("opcodes"),
    "ws-truncates": _websocket("echo-binary[64-kib]") + _ws("binary-size[126-bytes]") + _tls("websocket-echo[64-kib]"),
    "ws-drops-empty": _ws("binary-size[empty]") + _frames("opcodes"),
    "ws-masks": _frames("opcodes"),
    "ws-fragments-apart": _frames("fragments-with-a-ping-between"),
    "ws-invalid-utf8": _frames("invalid-utf8"),
    "ws-any-opcode": _frames("reserved-opcode"),
    "ws-unmasked-accepted": _frames("unmasked"),
    "ws-no-pong": _frames("ping", "fragments-with-a-ping-between"),
    "ws-wrong-pong": _frames("ping"),
    "ws-close-1000": _websocket(*CLOSES[1:]) + _ws("private-code", "client-closes-privately"),
    "ws-close-dropped": _websocket(*CLOSES, "client-closes") + _ws("private-code"),
    "ws-close-refused": _websocket(*CLOSES[1:]) + _ws("private-code", "close-beside-receive"),
    "ws-disconnect-1006": _websocket("client-closes") + _ws("client-closes-privately"),
    "ws-lost-is-1000": _ws("lost"),
    "ws-no-code-is-1000": _ws("closes-without-code"),
    "ws-close-waits-for-receive": _ws("close-beside-receive"),
    "ws-close-loses-messages": _frames("close-race"),
    "ws-reads-after-close": _frames("close-race"),
    "ws-rejects-with-close-frame": _ws("rejected"),
    "ws-open-after-raise": _ws("application-raises"),
    "ws-lone-continuation-accepted": _frames("lone-continuation"),
    "scope-asgi-text": _http_scope("asgi-is-an-object"),
    "scope-scheme-ftp": _http_scope("scheme"),
    "scope-keys-missing": _http_scope("required-keys") + _websocket("required-keys"),
    "scope-headers-counted": _http_scope("headers-are-pairs") + _websocket("headers"),
    "scope-headers-dict": _http_scope("headers-are-a-list"),
    "final-100-counts": _http_messages("no-final-100"),
    "startup-not-awaited": _starting("startup-is-awaited"),
    "startup-failed-ignored": _starting(*FAILED, "startup-failed-serves-nobody"),
    "startup-failed-exits-0": _starting(*FAILED),
    "startup-failed-silent": _starting("startup-failed-is-logged"),
    "startup-deaf": _starting("stopped-while-starting"),
    "respawns-for-ever": _starting("startup-failed-with-workers"),
    "lifespan-return-hangs": _starting("lifespan-returns"),
    "lifespan-event-too-many": _starting("lifespan-waits"),
    "lifespan-in-one-worker": _workers("lifespan-in-each"),
    "term-cuts-requests": _stopping("request-in-flight"),
    "accepts-while-stopping": _stopping("no-new-connections"),
    "no-shutdown-event": _stopping("shutdown-event", "interrupted") + _workers("stops-all", "reload"),
    "shutdown-not-awaited": _stopping("shutdown-event"),
    "shutdown-before-the-end": _stopping("shutdown-comes-last"),
    "shutdown-without-startup": _starting("lifespan-refused", "startup-raises"),
    "shutdown-failed-silent": _stopping("shutdown-failed"),
    "shutdown-raise-hangs": _stopping("shutdown-raises"),
    "idle-connections-block": _stopping("idle-connections", "silent-connection"),
    "slow-stop": _starting("starts-again"),
    "stop-exits-1": _stopping("exit-status"),
    "int-ignored": _stopping("interrupted"),
    "second-signal-ignored": _stopping("second-signal"),
    "ws-dropped-at-stop": _stopping("websockets-are-told"),
    "worker-not-replaced": _workers("worker-is-replaced"),
    "reload-without-shutdown": _workers("reload"),
    "killed-worker-holds-clients": _workers("worker-killed-in-a-request"),
    "idle-never-closed": _costs("idle-is-closed"),
    "keep-alive-cuts-requests": _costs("request-is-not-idle"),
    "descriptors-leak": _costs("aborted-connections"),
    "connections-cost-memory": _costs("open-connections"),
    "upload-unbounded": _costs("upload-is-bounded"),
    "slow-reader-buffers": _costs("slow-reader"),
    "ws-claim-allocates": _costs("claimed-length"),
    "disconnect-is-logged": _costs("disconnect-is-no-error"),
    "tls-scheme-http": _tls("https", "wss"),
    "tls-1.2-refused": _secure("version[1.2]"),
    "tls-alpn-mistaken": _secure("alpn"),
    "tls-plain-served": _secure("plain-request"),
    "tls-handshakes-in-turn": _secure("half-a-handshake"),
    "tls-bare-fin": _secure(
        *_variants("closure-alert", "connection-close", "http-1-0"),
        "closure-alert-when-idle",
        "closure-alert-of-a-websocket",
    ),
    "tls-clients-not-verified": _secure(
        *_variants("certificate-required", "none", "wrong"), *_variants("certificate-required-later", "none", "wrong")
    )
    + _extension("wrong-client-certificate"),
    "tls-hello-hangs": _insecure("hello-to-a-plain-port"),
    "tls-extension-without-tls": _insecure("no-extension"),
    "tls-extension-of-http": _extension("of-a-websocket"),
    "tls-keys-missing": _extension("mandatory-keys"),
    "tls-version-text": _extension("mandatory-keys", *_variants("version-and-suite", "1.2", "1.3")),
    "tls-suite-by-name": _extension("mandatory-keys", *_variants("version-and-suite", "1.2", "1.3")),
    "tls-certificate-of-the-authority": _extension("server-certificate"),
    "tls-error-empty": _extension("no-client-certificate", "client-certificate"),
    "tls-chain-missing": _extension("client-certificate"),
    "tls-name-in-slashes": _extension("client-certificate"),
}

# Faults of the application, on a server that is right.
APPS: Table = {
    "status": _http_messages(*STATUS),
    "content-type": _http_messages("json-content-type", *ECHO) + _streamed("content-type", "sse-content-type"),
    "echo-cut": _http_messages(*ECHO[1:]) + _messages("many-at-once"),
    "echo-upper": _http_messages("echo[text]", "echo[json]"),
    "large-cut": _http_messages(*LARGE) + _streamed("five-mib"),
    "health-words": _messages("date"),
    "headers-in-capitals": _http_scope("all-headers") + _http_messages("request-header"),
    "scope-in-capitals": _http_scope("type-is-http", "custom-header"),
    "streaming-out-of-order": _streamed("order"),
    "streaming-collected": _streamed("ten-lines", "sse-fields"),
    "sse-without-done": _streamed("sse-message-and-done"),
    "counter-stuck": _startup(*COUNTERS),
    "state-forgotten": _startup("startup-was-called", "state-is-reachable"),
    "scope-path-lost": _http_scope("scope-is-an-object", "path"),
    "query-lost": _http_scope("query-string") + _ws("query-string", "private-code") + _websocket(*CLOSES[1:]),
    "ws-upper": _websocket(*TEXTS),
    "ws-binary-as-text": _websocket(*BINARIES),
    "ws-close-code-lost": _websocket(*CLOSES[1:]) + _ws("private-code"),
    "ws-close-swallowed": _websocket(*CLOSES) + _ws("private-code"),
    "ws-no-subprotocol": _websocket("subprotocol-is-selected"),
    "ws-never-accepts": _websocket("connect"),
    "echo-longer": _http_messages(*ECHO),
    "scope-type-lost": _http_scope("type-is-http", "required-keys"),
    "scope-listed": _http_scope("scope-is-an-object"),
    "state-time-as-text": _startup("startup-time"),
    "state-data-lost": _startup("custom-data"),
    "state-made-anew": _startup("state-is-reachable"),
    "state-counter-lost": _startup("change-stays"),
    "streaming-short": _streamed("ten-lines"),
    "sse-without-event": _streamed("sse-fields"),
    "sse-data-as-text": _streamed("sse-json"),
    "sse-four-messages": _streamed("sse-five-messages"),
    "ws-scope-listed": _websocket("scope-is-an-object"),
    "ws-scope-type-http": _websocket("type-is-websocket"),
    "ws-scope-path-lost": _websocket("path"),
    "ws-scope-headers-as-object": _websocket("headers"),
    "ws-scope-keys-lost": _websocket("required-keys"),
    "ws-requested-lost": _websocket("subprotocols-arrive"),
    "any-scope-type": _owed("unknown-scope-type"),
    "first-piece-only": _owed("body-in-any-pieces"),
    "unknown-keys-raise": _owed("unknown-keys"),
    "names-in-capitals": _owed("header-names"),
    "send-error-translated": _owed("send-may-fail"),
    "lifespan-needed": _owed("without-lifespan"),
    "scheme-needed": _owed("least-scope"),
    "shutdown-unanswered": _owed("lifespan"),
}
