"""Options that the server takes and does not heed: it serves as without them."""

from __future__ import annotations

from collections.abc import Mapping

from ..options import MESSAGE_LIMIT
from .base import Mutant, served_with

MUTANTS: Mapping[str, Mutant] = {
    "root-path-unheeded": Mutant("the option of the root path is ignored", served_with(root_path="")),
    "trust-proxy-unheeded": Mutant("the option of trusted proxies is ignored", served_with(trust_proxy=False)),
    "message-limit-unheeded": Mutant(
        "the option of the largest WebSocket message is ignored", served_with(message_limit=MESSAGE_LIMIT)
    ),
    "access-log-unheeded": Mutant("the option of the access log is ignored", served_with(access_log=False)),
    "proxy-protocol-unheeded": Mutant("the option of the PROXY protocol is ignored", served_with(proxy_protocol="")),
}
