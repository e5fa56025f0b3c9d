"""The parameters that nginx passes to a server over FastCGI and uwsgi, which are the same.

The application is mounted at the root, so SCRIPT_NAME is empty and PATH_INFO the complete path, decoded, as in RFC
3875. The header fields of a request are added as HTTP_*, except those named here.
"""

from __future__ import annotations

PARAMS = (
    ("SCRIPT_NAME", '""'),
    ("PATH_INFO", "$document_uri"),
    ("REQUEST_URI", "$request_uri"),
    ("QUERY_STRING", "$query_string"),
    ("REQUEST_METHOD", "$request_method"),
    ("CONTENT_TYPE", "$content_type"),
    ("CONTENT_LENGTH", "$content_length"),
    ("REMOTE_ADDR", "$remote_addr"),
    ("REMOTE_PORT", "$remote_port"),
    ("SERVER_ADDR", "$server_addr"),
    ("SERVER_PORT", "$server_port"),
    ("SERVER_NAME", "$server_name"),
    ("SERVER_PROTOCOL", "$server_protocol"),
    ("REQUEST_SCHEME", "$scheme"),
    ("HTTPS", "$https if_not_empty"),
    # A client's field Proxy does not set the proxy of the application (RFC 3875, 9.2).
    ("HTTP_PROXY", '""'),
    # The observers take it out again: whose call it is, where the server's own peer is nginx.
    ("HTTP_X_ENGINE_PEER", '"$remote_addr:$remote_port"'),
)


def lines(directive: str) -> list[str]:
    """A line of the configuration for each parameter; ``directive`` is ``fastcgi_param`` or ``uwsgi_param``."""
    return [f"{directive} {name} {value};" for name, value in PARAMS]
