"""The printed commands, typed as they are printed: what comes back is what the transcript has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.app.engine import RunOptions
from engine.model.verdict import JobResult
from tests.reproduce.by_hand_for_real import brought_back, comparable, failures, received

# Of each sort: a request, raw bytes, several connections, bytes in many pieces, a script for requests and for the
# lifespan, options of the server's, TLS by curl and by openssl, WebSocket, the application's own side.
CONTROL = (
    "http/messages.yaml::no-body[204]", "contract/http-scope.yaml::path", "http/wire.yaml::missing-host",
    "http/wire.yaml::bad-content-length[plus]", "http/wire.yaml::byte-by-byte", "http/messages.yaml::headers-left-out",
    "lifespan/state.yaml::state-is-a-copy", "tls/serving.yaml::https", "tls/connections.yaml::version[1.2]",
    "contract/websocket.yaml::echo-text[1]", "websocket/messages.yaml::rejected", "http/scope.yaml::repeated-headers",
    "lifecycle/resources.yaml::request-is-not-idle",
)  # fmt: skip


@pytest.mark.service
def test_printed_commands_bring_back_what_the_transcript_has(tmp_path: Path) -> None:
    direct = failures(RunOptions(frameworks=("control",)), CONTROL)
    assert len(direct) == len(CONTROL)
    behind = failures(
        RunOptions(servers=("pyuwsgi",), frameworks=("wsgi-control",), gateways=("nginx-fastcgi",)),
        ["fastcgi/checks.yaml::post-json"],
    )
    assert len(behind) == 1
    found = [*direct, *behind]
    assert [one.case for one in found if not one.reproduce] == []
    # Some need the case's script or its options, and others do not.
    served = {one.case for one in found if "--case" in one.reproduce}
    assert {"no-body[204]", "state-is-a-copy", "https", "request-is-not-idle"} <= served
    assert "missing-host" not in served
    by_serve: dict[str, list[JobResult]] = {}
    for one in found:
        by_serve.setdefault(one.reproduce.partition("\n")[0], []).append(one)
    with ThreadPoolExecutor(3) as pool:
        said = [came for all in pool.map(lambda some: brought_back(some, tmp_path), by_serve.values()) for came in all]
    for one, came in zip([one for some in by_serve.values() for one in some], said, strict=True):
        expected = comparable(received(one))
        assert expected, one.address
        # A WebSocket is closed after what decided, and the peer answers that.
        whole = comparable(came)[: len(expected)] if b"websocket" in expected.lower() else comparable(came)
        assert whole == expected, f"{one.address}\n{one.reproduce}"
