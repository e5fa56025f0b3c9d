"""The faults that the small server can be told to have, by name."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    # what the application is told
    "scope-type-http1": "the type of an HTTP scope is `http1`",
    "scope-asgi-2": "the scope says that it is of ASGI 2",
    "scope-asgi-text": "asgi is the version, as str",
    "scope-scheme-ftp": "the scheme is `ftp`",
    "scope-keys-missing": "the scope has no query_string",
    "scope-headers-counted": "each header has its number as a third item",
    "scope-headers-dict": "headers is a dict",
    "scope-root-path-slash": "root_path is a slash",
    "scope-query-marked": "query_string begins with its question mark",
    "scope-version-1.1": "http_version is always 1.1",
    "scope-method-get": "the method is always GET",
    "scope-path-raw": "the path is not decoded",
    "scope-path-twice": "the path is decoded twice",
    "scope-path-plus": "a plus sign in the path becomes a space",
    "scope-path-query": "the query stays in the path",
    "scope-raw-path-decoded": "raw_path holds the decoded path",
    "scope-query-decoded": "query_string is decoded",
    "scope-query-cut": "query_string ends at its second question mark",
    "scope-headers-text": "header names and values are str",
    "scope-headers-reversed": "headers come in reverse order",
    "scope-headers-joined": "headers of one name are joined by commas",
    "scope-headers-upper": "header names come in capitals",
    "scope-headers-dropped": "headers whose names begin with x- are dropped",
    "scope-headers-padded": "white space around a value is kept",
    "scope-client-port-text": "the client's port is str",
    "scope-server-missing-port": "server is a list of the host alone",
    "scope-subprotocols-reversed": "the subprotocols come in reverse order",
    "request-body-cut": "the last byte of a request's body is lost",
    "request-body-raw-chunks": "the body of a chunked request is delivered with its framing",
    "request-never-ends": "every http.request says that more follows",
    "no-disconnect": "receive() never returns http.disconnect",
    "early-disconnect": "http.disconnect follows the body at once",
    "disconnect-once": "receive() hangs after it has returned http.disconnect",
    "state-shared": "every request is given the very state of the lifespan",
    "state-missing": "no scope holds a state",
    "context-shared": "all calls run in one context",
    "no-lifespan": "the application is never called with a lifespan scope",
    "lifespan-is-required": "an application that raises on the lifespan scope is never served",
    # what the application may send
    "unknown-event-ignored": "send() takes any type of event",
    "wrong-types-ignored": "send() makes what it can of values of the wrong type",
    "unknown-key-raises": "send() raises for a key that it does not know",
    "send-after-end-silent": "send() to a client that left does nothing",
    "exception-leaks": "the text of an application's exception is the body of the 500",
    "exception-hangs": "a call that raises leaves its connection open",
    "exception-stops-server": "an exception of the application ends the server",
    "no-answer-hangs": "a call that returns without an answer leaves its connection open",
    "abort-looks-complete": "a chunked body is ended properly when its call raises",
    "waits-for-the-call": "the end of a response is held back until the call returns",
    # what the client gets
    "status-200": "every status is 200",
    "body-cut": "the last byte of a response's body is lost",
    "body-held": "nothing of a body is sent before its end",
    "body-not-ended": "a chunked body is never ended",
    "empty-piece-ends-body": "an empty piece ends the body",
    "chunked-for-1.0": "HTTP/1.0 clients get chunked bodies as well",
    "response-headers-sorted": "response headers are sorted by name",
    "response-cookies-joined": "Set-Cookie lines are joined by commas",
    "response-headers-split": "CR and LF in a header's value reach the wire",
    "head-with-body": "HEAD is answered with a body",
    "no-content-with-body": "204 and 304 are sent with a body",
    "no-content-with-length": "204 is sent with a Content-Length",
    "no-date": "answers have no Date",
    "no-continue": "100 (Continue) is never sent",
    "final-100": "a final status of 100 reaches the client, and nothing after it",
    "final-100-counts": "a final status of 100 reaches the client, and the next request is answered next",
    "keeps-open": "Connection: close is ignored",
    "never-persists": "every connection is closed after one answer",
    "pipeline-reversed": "two pipelined requests are answered last first",
    "pipeline-dropped": "a second request that came with the first is lost",
    "answers-swapped": "requests that run at the same time are given each other's bodies",
    "short-body-padded": "a body that is too short is padded with what comes next on the connection",
    # how the wire is read
    "any-content-length": "a Content-Length that is no number counts as 0",
    "any-transfer-encoding": "an unknown transfer coding counts as none",
    "any-chunk-size": "a chunk size that is no number counts as 0",
    "missing-host-accepted": "HTTP/1.1 without Host is served",
    "space-before-colon-accepted": "white space between a field's name and its colon is removed",
    "both-lengths-smuggle": "Content-Length counts where Transfer-Encoding is there as well",
    "one-read-a-request": "a head that comes in more than one piece is refused",
    "long-target-hangs": "a target that is too long is not answered",
    "long-target-500": "a target that is too long is answered with 500",
    "bare-lf-hangs": "a line that ends in LF alone is not answered",
    # WebSocket
    "ws-missing-key-accepted": "a handshake without a key is accepted",
    "ws-no-101": "an accepted handshake is answered with 200",
    "ws-wrong-accept": "Sec-WebSocket-Accept is wrong",
    "ws-accepts-early": "the handshake is completed before the application accepts",
    "ws-no-subprotocol": "the chosen subprotocol is not in the handshake",
    "ws-scope-no-query": "the scope's query_string is always empty",
    "ws-text-as-binary": "text messages go out as binary frames",
    "ws-truncates": "messages are cut at 125 bytes",
    "ws-drops-empty": "empty messages are dropped",
    "ws-masks": "the server masks its frames",
    "ws-fragments-apart": "each fragment is a message of its own",
    "ws-invalid-utf8": "text that is not UTF-8 is delivered",
    "ws-any-opcode": "frames with reserved opcodes are skipped",
    "ws-unmasked-accepted": "frames without a mask are taken",
    "ws-no-pong": "pings are not answered",
    "ws-wrong-pong": "pongs are empty",
    "ws-close-1000": "every close goes out with 1000",
    "ws-close-dropped": "the connection is dropped without a close frame",
    "ws-disconnect-1006": "websocket.disconnect always says 1006",
    "ws-close-loses-messages": "a close overtakes the messages before it",
    "ws-reads-after-close": "messages after a close are delivered",
    "ws-rejects-with-close-frame": "websocket.close before accept completes the handshake",
    "ws-open-after-raise": "a WebSocket whose application raised stays open",
    "ws-lone-continuation-accepted": "a continuation without a start is a message",
}  # fmt: skip


PROBE = b"/health"
"""The target that the engine asks for until a server is ready: faults that would keep it from that leave it alone."""


class Switch:
    """Asks whether a fault is on: ``switch("no-date")``."""

    def __init__(self, name: str = "") -> None:
        """``name`` is one of FAULTS, or "" for a server that is right. Raises KeyError for any other."""
        if name and name not in FAULTS:
            raise KeyError(f"no such fault: {name}")
        self.name = name

    def __call__(self, name: str) -> bool:
        """Whether the fault ``name`` is on. Raises KeyError for a name that FAULTS lacks."""
        FAULTS[name]
        return name == self.name
