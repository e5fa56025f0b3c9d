"""The faults that the small FastCGI server can have, by name, and the cases that must catch them.

A case is named as in ``tests.faults.harness.Table``.
"""

from __future__ import annotations

from tests.faults.harness import Table

FAULTS: dict[str, str] = {
    # records and streams
    "padding-kept": "the padding of a record is taken for content",
    "half-records-dropped": "what arrived of a record that is not whole is dropped",
    "body-at-once-dropped": "a body that arrives together with the begin of its request is dropped",
    "pairs-in-records": "a name-value pair that is cut by the end of a record is dropped",
    "lengths-one-byte": "every length of a pair is read as one byte",
    "lengths-modulo-256": "of a length in four bytes the last one counts",
    "empty-values-dropped": "parameters without a value are dropped",
    "first-stdin-only": "the first STDIN record of a request is its body",
    "stdin-cut": "the last byte of a body of more than 64 KiB is lost",
    "stdin-is-the-length": "CONTENT_LENGTH is made to fit what came on STDIN",
    "short-body-waits": "a body that is shorter than CONTENT_LENGTH is waited for",
    "stdout-cut": "a response is cut after 512 KiB",
    "stdout-not-ended": "STDOUT is not ended",
    "early-head": "the head of a response goes out before the parameters came",
    "noise": "something is said on STDERR for each request",
    # responses
    "status-200": "the Status field always says 200",
    "no-content-type": "the Content-Type is left out",
    "app-status-1": "the application's status is 1",
    "status-in-a-status-line": "the head begins with a status line",
    "reason-lost": "the Status field has no phrase",
    "no-content-length": "the Content-Length is left out",
    "last-of-a-name": "of several fields with one name the last one is sent",
    "few-fields": "the first fifty fields of a response are sent",
    "fields-cut": "a field's value is cut after 1,000 bytes",
    "exception-is-200": "an application that raises has answered with 200",
    "head-with-a-body": "a head goes out with the first piece of its body, and never without one",
    "buffered": "a response is kept until the application has come to its end",
    "body-not-closed": "close() of what the application returned is not called",
    # what the application is told
    "path-raw": "PATH_INFO is not decoded",
    "path-twice": "PATH_INFO is decoded twice",
    "path-plus": "a plus sign in PATH_INFO becomes a space",
    "request-uri-decoded": "REQUEST_URI is decoded",
    "script-name-slash": "SCRIPT_NAME is a slash",
    "empty-query-left-out": "there is no QUERY_STRING where it is empty",
    "query-decoded": "QUERY_STRING is decoded",
    "query-cut": "QUERY_STRING ends at its first question mark",
    "query-lost": "QUERY_STRING is always empty",
    "query-of-another": "QUERY_STRING is that of the request before",
    "length-without-a-body": "CONTENT_LENGTH is 1 where there is no body",
    "type-lost": "CONTENT_TYPE is empty",
    "method-get": "REQUEST_METHOD is always GET",
    "first-value-only": "of the values of a field X- the first one counts",
    "first-cookie-only": "of several cookies the first one counts",
    "values-as-utf-8": "values are decoded from UTF-8",
    "custom-lost": "fields X- are dropped",
    "values-cut": "a parameter's value is cut after 100 bytes",
    "last-parameter-lost": "the last parameter is lost",
    "protocol-1.1": "SERVER_PROTOCOL is always HTTP/1.1",
    "body-lost": "the body is empty",
    "large-bodies-close": "a body of more than 64 KiB closes the connection",
    "unread-breaks-off": "where the application leaves a part of the body, the connection is closed",
    # connections and requests
    "one-request-only": "a connection takes one request, and rejects others, whatever was asked for",
    "errors-spoil": "after an error of 500 and more a connection rejects the next request",
    "one-at-a-time": "the application is called for one request at a time",
    "never-closes": "the connection stays open after a request that does not ask for it",
    "always-closes": "the connection is closed after each request",
    "ids-of-one-byte": "requests are answered with the last byte of their id",
    "stray-records-close": "a record of a request that was not begun closes the connection",
    "second-request-dropped": "a request that is begun beside another is dropped",
    "abort-silently": "a request that is aborted gets no END_REQUEST",
    "abort-calls": "the application is called for a request that is aborted before all of its parameters came",
    "unknown-types-close": "a record of an unknown type closes the connection",
    "roles-taken": "every role is played as the responder's",
    "role-overloaded": "an unknown role is rejected as an overload",
    "left-behind-called": "the application is called where the web server left in the middle of the parameters",
    "dies-of-nonsense": "what cannot be read ends the process",
    "always-rejects": "every request that comes past the gateway is rejected with UNKNOWN_ROLE",
    "always-ends": "every request that comes past the gateway is ended at once, without a response",
    # management
    "no-values": "GET_VALUES is not answered",
    "values-in-words": "FCGI_MPXS_CONNS is `yes`",
    "values-of-any-name": "a variable that is not known comes back with an empty value",
    "unknown-type-silent": "a management record of an unknown type is not answered",
    "unknown-type-zero": "UNKNOWN_TYPE always names the type 0",
}


def _protocol(*ids: str) -> tuple[str, ...]:
    return tuple(f"fastcgi/protocol.yaml::{name}" for name in ids)


def _checks(*ids: str) -> tuple[str, ...]:
    return tuple(f"fastcgi/checks.yaml::{name}" for name in ids)


def _environ(*ids: str) -> tuple[str, ...]:
    return tuple(f"fastcgi/environ.yaml::{name}" for name in ids)


def _responses(*ids: str) -> tuple[str, ...]:
    return tuple(f"fastcgi/responses.yaml::{name}" for name in ids)


CAUGHT: Table = {
    "reason-lost": _responses("reason"),
    "always-rejects": _protocol(*(f"unknown-role[{role}]" for role in (0, 4, 9, 65535))),
    "always-ends": _protocol("body-cut-short", "abort"),
    "no-content-length": _responses("head"),
    "last-of-a-name": _responses("cookies"),
    "few-fields": _responses("many-fields"),
    "fields-cut": _responses("long-field"),
    "exception-is-200": _responses("raises-before"),
    "head-with-a-body": _responses("no-body[204]", "no-body[304]", "head", "size[0]"),
    "buffered": _responses("streamed"),
    "body-not-closed": _responses("client-gone"),
    "path-raw": (*_checks("path-info"), *_environ("path-info-decoded[space]")),
    "path-twice": _environ("path-info-decoded[percent]"),
    "path-plus": _environ("path-info-decoded[plus]"),
    "request-uri-decoded": _environ("request-uri"),
    "script-name-slash": _environ("script-name"),
    "empty-query-left-out": _environ("no-query"),
    "query-decoded": (*_checks("query-string"), *_environ("query-encoded")),
    "query-cut": _environ("query-encoded"),
    "query-lost": (*_checks("query", "keep-alive", "keep-alive-mixed"), *_responses("kept-connection")),
    "query-of-another": (*_checks("concurrent"), *_responses("fifty-at-once", "kept-connections-at-once")),
    "length-without-a-body": _environ("no-length"),
    "type-lost": (*_checks("header[content-type]"), *_environ("length-and-type")),
    "method-get": (
        *_checks(*(f"request-method[{method}]" for method in ("POST", "PUT", "DELETE"))),
        *_environ(*(f"method[{method}]" for method in ("POST", "PUT", "PATCH", "DELETE"))),
    ),
    "first-value-only": _environ("repeated"),
    "first-cookie-only": _environ("repeated-cookies"),
    "values-as-utf-8": _environ("bytes-in-a-value", "path-info-decoded[unicode]", "path-info-decoded[not-utf-8]"),
    "custom-lost": _checks("header[custom]"),
    "values-cut": (
        *_protocol(*(f"value-length[{size}]" for size in ("127B", "128B", "255B", "256B", "2KiB"))),
        *_environ(*(f"long-value[{size}]" for size in ("127-b", "128-b", "7-kib"))),
    ),
    "last-parameter-lost": _environ("many-fields"),
    "protocol-1.1": _checks("server-protocol[1.0]"),
    "body-lost": (*_checks("post-json", "keep-alive-mixed"), *_responses("chunked", "error-between")),
    "unread-breaks-off": _responses("unread"),
    "large-bodies-close": (*_checks("post[100-kib]"), *_responses("unread", "upload[1-mib]")),
    "one-request-only": (*_protocol("keeps"), *_responses("kept-connection", "kept-connections-at-once")),
    "errors-spoil": _responses("error-between"),
    "one-at-a-time": _responses("slow-answers"),
    "padding-kept": _protocol("padding"),
    "half-records-dropped": _protocol("pieces"),
    "body-at-once-dropped": _protocol("one-write"),
    "pairs-in-records": _protocol("pair-cut", "pairs-in-small-records"),
    "lengths-one-byte": _protocol("lengths-in-four-bytes", "value-length"),
    "lengths-modulo-256": _protocol("value-length[256B]", "value-length[2KiB]"),
    "empty-values-dropped": _protocol("empty-value"),
    "first-stdin-only": _protocol("body-in-pieces"),
    "stdin-cut": (*_protocol("large-body"), *_checks("post[100-kib]"), *_responses("upload[1-mib]")),
    "stdin-is-the-length": _protocol("body-beyond-its-length"),
    "short-body-waits": _protocol("body-cut-short"),
    "stdout-cut": (*_protocol("large-response"), *_checks("large"), *_responses("size[1048576]")),
    "stdout-not-ended": _protocol("exchange", "large-response"),
    "early-head": _protocol("no-output-before-params"),
    "noise": _protocol("no-errors"),
    "status-200": (*_protocol("status"), *_checks("error"), *_responses("no-body")),
    "no-content-type": (*_protocol("exchange"), *_checks("get")),
    "app-status-1": _protocol("exchange"),
    "status-in-a-status-line": _protocol("exchange", "status"),
    "never-closes": _protocol("closes", "keeps"),
    "always-closes": _protocol("keeps", "id-is-inactive-after-its-end", "next-after-unknown-role"),
    "ids-of-one-byte": _protocol("request-id[256]", "request-id[65535]"),
    "stray-records-close": _protocol("inactive-id", "id-is-inactive-after-its-end"),
    "second-request-dropped": _protocol("two-at-once"),
    "abort-silently": _protocol("abort", "abort-before-it-began"),
    "abort-calls": _protocol("abort-before-it-began"),
    "unknown-types-close": _protocol("unknown-request-type", "unknown-management-type"),
    "roles-taken": _protocol("unknown-role", "next-after-unknown-role"),
    "role-overloaded": _protocol("unknown-role"),
    "left-behind-called": _protocol("client-gone"),
    "dies-of-nonsense": _protocol("survives"),
    "no-values": _protocol("get-values", "get-values-unknown", "get-values-in-a-request"),
    "values-in-words": _protocol("get-values"),
    "values-of-any-name": _protocol("get-values-unknown"),
    "unknown-type-silent": _protocol("unknown-management-type"),
    "unknown-type-zero": _protocol("unknown-management-type"),
}
