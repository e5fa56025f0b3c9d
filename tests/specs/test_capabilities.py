"""Whatever a server claims to offer is tried by a case that needs it."""

from __future__ import annotations

from engine.targets.catalog.servers import load_servers
from tests.specs.corpus import control_cases


def test_every_capability_that_a_server_claims_is_needed_by_a_case() -> None:
    claimed = {word for server in load_servers().values() for word in server.offers} - {"uvloop"}
    needed = {word for case in control_cases() for word in case.needs}
    assert claimed - needed == set()
