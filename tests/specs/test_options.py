"""Every option of a server and every capability has a case that fails where it is ignored, or only claimed.

A mutant ignores each of them. The table of mutants says which cases fail on it; one of these sets the option, or
needs the capability.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import cast

import pytest

from engine.app.mutation.table import FILE, case_name, read
from engine.model.case import Case
from engine.targets.catalog.options import load_options
from engine.targets.catalog.servers import load_servers
from tests.specs.corpus import ROOT, control_cases

TABLE = read(ROOT / "specs" / FILE)

IGNORING = {
    "workers": "reference~one-worker-only",
    "worker_timeout": "reference~worker-timeout-unheeded",
    "keep_alive": "reference~idle-never-closed",
    "grace": "reference~grace-ignored",
    "root_path": "reference~root-path-unheeded",
    "trust_proxy": "reference~trust-proxy-unheeded",
    "proxy_protocol": "reference~proxy-protocol-unheeded",
    "message_limit": "reference~message-limit-unheeded",
    "max_requests": "reference~last-request-forgotten",
    "ping.interval": "reference~no-pings",
    "ping.timeout": "reference~silent-clients-kept",
    "limits.request_line": "reference~request-line-unlimited",
    "limits.field": "reference~field-unlimited",
    "limits.fields": "reference~fields-unlimited",
    "limits.head": "reference~head-unlimited",
    "limits.body": "reference~body-unlimited",
    "limits.concurrency": "reference~connections-unlimited",
    "access_log": "reference~access-log-unheeded",
    "env": "reference~environment-cleared",
    "tls": "reference~tls-clients-not-verified",
    "lifespan": "reference~lifespan-off-ignored",
}
"""Mutants that ignore an option, or a part of one."""

UNTOLD = {
    "listen": "a server that ignores it is not reached",
    "protocol": "a server that ignores it understands no request",
    "limits.backlog": "the kernel rounds it, and accepts more connections than it says",
    "flags": "they are the server's own",
    "keep_conn": "it belongs to a gateway",
    "buffering": "it belongs to a gateway",
    "client_body_buffering": "it belongs to a gateway",
}
"""Options without such a mutant, with the reason."""

CLAIMING = {
    "lifespan": "reference~no-lifespan",
    "state": "reference~state-missing",
    "websocket": "reference~ws-always-403",
    "deflate": "reference~no-deflate",
    "denial-response": "reference~denial-403",
    "tls-extension": "reference~tls-extension-missing",
    "trailers": "reference~trailers-lost",
    "early-hint": "reference~hints-dropped",
    "reload": "reference~reload-ignored",
    "extended-connect": "reference~h2ws-setting-taken-back",
}
"""Mutants that lack a capability of the reference server."""

UNCLAIMED = {
    "http2": "a server without it answers a preface with 400, which the probe sees",
    "tls": "a server without it does not start with a certificate",
    "uvloop": "the probe compares the loop's class",
    "zerocopysend": "a server without it does not know the message, which its suite needs",
    "pathsend": "a server without it does not know the message, which the cases of extensions need",
}
"""Capabilities of the reference server without such a mutant, with the reason."""


@cache
def cases() -> tuple[Case, ...]:
    return control_cases()


def words() -> Iterator[str]:
    for option in load_options().values():
        if not option.parts:
            yield option.name
        for part in option.parts:
            yield f"{option.name}.{part}"


def killers(mutant: str) -> list[Case]:
    """The cases that fail on a mutant."""
    named = set(TABLE.rows[mutant].cases)
    found = [case for case in cases() if case_name(case.file, case.id) in named]
    assert found, f"{mutant} survives"
    return found


def has(options: Mapping[str, object], word: str) -> bool:
    """True if the options of a case have a word, or a part of one."""
    name, _, part = word.partition(".")
    value = options.get(name)
    return value is not None and (not part or part in dict(cast("Iterable[tuple[str, object]]", value)))


def test_every_option_is_in_one_of_the_tables() -> None:
    assert sorted(words()) == sorted(IGNORING | UNTOLD)


@pytest.mark.parametrize("word", IGNORING)
def test_a_case_with_an_option_fails_where_it_is_ignored(word: str) -> None:
    assert any(has(case.server, word) for case in killers(IGNORING[word]))


def test_every_capability_of_the_reference_is_in_one_of_the_tables() -> None:
    assert sorted(load_servers()["reference"].offers) == sorted(CLAIMING | UNCLAIMED)


@pytest.mark.parametrize("word", CLAIMING)
def test_a_case_that_needs_a_capability_fails_where_it_is_only_claimed(word: str) -> None:
    assert any(word in case.needs for case in killers(CLAIMING[word]))
