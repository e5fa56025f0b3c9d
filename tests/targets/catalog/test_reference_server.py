from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.targets.catalog.servers import load_servers
from engine.targets.catalog.servers.base import Start
from engine.targets.catalog.servers.reference import PACKAGE, SERVER, SOURCE
from engine.targets.environments.inside import contents_of, digest_of, laid_out


def started(options: Mapping[str, object], descriptor: int | None = 7) -> list[str]:
    return SERVER.command(Start(Path("/env/python"), "m:app", "uvloop", ("127.0.0.1", 4000), descriptor, options))


def test_it_is_one_of_the_servers() -> None:
    assert load_servers()["reference"] is SERVER


def test_the_command_line() -> None:
    line = ["/env/python", "-m", PACKAGE, "m:app", "--fd", "7", "--loop", "uvloop", "--graceful", "10"]
    assert started({}) == line
    assert started({}, None)[4:6] == ["--bind", "127.0.0.1:4000"]


@pytest.mark.parametrize(
    ("name", "value", "flags"),
    [
        ("workers", 2, ["--workers", "2"]),
        ("keep_alive", 0.5, ["--keep-alive", "0.5", "--head-within", "1.5"]),
        ("root_path", "/api", ["--root-path", "/api"]),
        ("trust_proxy", True, ["--trust-proxy"]),
        ("trust_proxy", False, []),
        ("message_limit", 65536, ["--message-limit", "65536"]),
        ("grace", 1.0, ["--graceful", "1"]),
        ("lifespan", "on", ["--lifespan", "on"]),
    ],
)
def test_options(name: str, value: object, flags: list[str]) -> None:
    assert started({name: value})[10:] == flags


@pytest.mark.parametrize(
    ("name", "value"), [("workers", 0), ("keep_alive", "2"), ("keep_alive", -1), ("lifespan", "maybe")]
)
def test_what_it_cannot_have(name: str, value: object) -> None:
    assert len(SERVER.unsupported({name: value})) == 1


def test_every_flag_is_one_that_it_knows() -> None:
    from engine.reference.options import parsed

    options = {
        "keep_alive": 2.0,
        "root_path": "/a",
        "trust_proxy": True,
        "message_limit": 1,
        "grace": 1,
        "lifespan": "on",
    }
    assert parsed(started(options)[3:]).keep_alive == 2.0


def test_it_is_laid_out_under_its_own_name(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, SOURCE, PACKAGE)
    assert (folder / PACKAGE / "__main__.py").is_file()
    contents = contents_of(SOURCE)
    assert folder.name == digest_of(contents, PACKAGE) != digest_of(contents, "another")
