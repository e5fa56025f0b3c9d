from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.registry import Registry
from engine.targets.frameworks import Framework
from engine.targets.matrix import targets
from engine.targets.releases import Variant, Version
from engine.targets.servers.base import Server


def server(name: str) -> Server:
    return Server(name, name, name, Path("none.lock"), base=lambda start: [])


SERVERS = [server("gunicorn"), server("uvicorn")]
FRAMEWORKS = Registry("framework", [Framework(name, name, "app:app", Path()) for name in ("starlette", "control")])


def ids(servers: Sequence[Server] = SERVERS, **asked: object) -> list[str]:
    return [target.id for target in targets(servers, FRAMEWORKS, **asked)]  # type: ignore[arg-type]


def test_everything_in_the_order_of_server_framework_loop() -> None:
    assert ids(loop="both") == [
        "gunicorn-control-asyncio",
        "gunicorn-control-uvloop",
        "gunicorn-starlette-asyncio",
        "gunicorn-starlette-uvloop",
        "uvicorn-control-asyncio",
        "uvicorn-control-uvloop",
        "uvicorn-starlette-asyncio",
        "uvicorn-starlette-uvloop",
    ]


def test_names_restrict_and_neither_order_nor_repetition_matters() -> None:
    assert ids(SERVERS[:1], framework=["starlette", "control", "starlette"]) == [
        "gunicorn-control-auto", "gunicorn-starlette-auto",
    ]  # fmt: skip
    assert ids(SERVERS[1:], framework=["control"], loop="uvloop") == ["uvicorn-control-uvloop"]


def test_release_and_variant_are_part_of_a_target() -> None:
    old = replace(SERVERS[0], release=Version("26.2.0"), variant=Variant("two-workers"))
    assert ids([SERVERS[0], old], framework=["control"]) == [
        "gunicorn-control-auto", "gunicorn==26.2.0~two-workers-control-auto",
    ]  # fmt: skip
    (target,) = targets([old], FRAMEWORKS, framework=["control"])
    assert (target.server, target.release, target.variant) == ("gunicorn", "==26.2.0", "two-workers")
    assert target.configuration == old.configuration


def test_gateways_and_runtime_are_part_of_a_target() -> None:
    assert ids(SERVERS[:1], framework=["control"], gateways=["direct", "nginx"], runtime="docker") == [
        "gunicorn-control-auto-docker", "gunicorn-control-auto-nginx-docker",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "what", "hint"),
    [
        ({"framework": ["starlet"]}, "no framework called 'starlet'", "did you mean 'starlette'?"),
        ({"loop": "uvlop"}, "no loop called 'uvlop'", "did you mean 'uvloop'?"),
        ({"loop": "xyz"}, "no loop called 'xyz'", "known: asyncio, auto, both, uvloop"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(asked: dict[str, object], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        ids(SERVERS, **asked)
    assert what in caught.value.what
    assert caught.value.hint == hint
