from __future__ import annotations

from engine.targets.catalog.capabilities import NOTHING, OF_HTTP, OF_WEBSOCKET, WORDS, Probed, real, refuted
from engine.targets.catalog.servers import load_servers

CLAIMS = frozenset({"lifespan", "http2", "tls"})
SEEN = Probed(frozenset({"lifespan", "http2", "trailers", "state"}), frozenset({"lifespan", "trailers"}))


def test_what_is_real_is_what_was_found_and_what_nobody_looked_for() -> None:
    assert real(CLAIMS, SEEN) == {"lifespan", "trailers", "tls"}
    assert real(CLAIMS, NOTHING) == CLAIMS


def test_claims_are_refuted_either_way() -> None:
    assert refuted(CLAIMS, SEEN) == (
        "http2 is claimed, and the probe found none",
        "trailers is not claimed, and the probe found it",
    )
    assert refuted(CLAIMS, NOTHING) == ()
    assert refuted(SEEN.found, SEEN) == ()


def test_every_word_is_explained_and_every_claim_is_a_word() -> None:
    assert set(OF_HTTP) | set(OF_WEBSOCKET) <= set(WORDS)
    for server in load_servers().values():
        assert server.claims <= set(WORDS), server.name
        assert ("uvloop" in server.claims) == ("uvloop" in server.loops)
