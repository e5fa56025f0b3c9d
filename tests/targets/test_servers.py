from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.targets.servers import load_servers
from engine.targets.servers.base import Server, Start, Untranslatable, flag, flags_of, text, whole

PYTHON = Path("/env/bin/python")


def started(server: Server, options: Mapping[str, object] = {}, descriptor: int | None = 7) -> list[str]:
    return server.command(Start(PYTHON, "m:app", "uvloop", ("127.0.0.1", 4000), descriptor, options))


@pytest.fixture
def gunicorn() -> Server:
    return load_servers()["gunicorn"]


def test_every_server_has_a_lock_that_pins_its_package() -> None:
    servers = load_servers()
    assert list(servers) == sorted(servers)
    for server in servers.values():
        assert f"\n{server.package}==" in "\n" + server.lock.read_text()
        assert "auto" in server.loops


def test_gunicorns_command_line(gunicorn: Server) -> None:
    assert started(gunicorn) == [
        "/env/bin/python", "-m", "gunicorn", "m:app", "--worker-class", "asgi", "--asgi-loop", "uvloop",
        "--bind", "fd://7", "--graceful-timeout", "10", "--no-control-socket", "--log-file", "-",
    ]  # fmt: skip
    words = started(gunicorn, descriptor=None)
    assert words[words.index("--bind") + 1] == "127.0.0.1:4000"


@pytest.mark.parametrize(
    ("name", "value", "flags"),
    [
        ("workers", 2, ["--workers", "2"]),
        ("keep_alive", 2.0, ["--keep-alive", "2"]),
        ("root_path", "/api", ["--root-path", "/api"]),
        ("trust_proxy", True, ["--forwarded-allow-ips", "*"]),
        ("trust_proxy", False, ["--forwarded-allow-ips", ""]),
        ("message_limit", 65536, ["--websocket-max-message-size", "65536"]),
        ("graceful", 1, ["--graceful-timeout", "1"]),
        ("flags", ("--limit-request-line", "100"), ["--limit-request-line", "100"]),
    ],
)
def test_gunicorns_options(gunicorn: Server, name: str, value: object, flags: list[str]) -> None:
    assert started(gunicorn, {name: value})[-len(flags) :] == flags
    assert gunicorn.unsupported({name: value}) == ()


def test_the_servers_own_flags_come_last(gunicorn: Server) -> None:
    assert started(gunicorn, {"flags": ["--x"], "workers": 2})[-3:] == ["--workers", "2", "--x"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"keep_alive": 0.5}, "gunicorn cannot have keep_alive: 0.5 is not a whole number of seconds"),
        ({"workers": 0}, "gunicorn cannot have workers: 0 is less than 1"),
        ({"workers": True}, "gunicorn cannot have workers: True is not a whole number"),
        ({"trust_proxy": "yes"}, "gunicorn cannot have trust_proxy: 'yes' is neither true nor false"),
        ({"flags": "-w 2"}, "gunicorn cannot have flags: the server's own flags are a list of texts"),
        ({"worker": 2}, "gunicorn has nothing for the option 'worker' (did you mean 'workers'?)"),
    ],
)
def test_what_cannot_be_translated_is_unsupported(gunicorn: Server, options: dict[str, object], reason: str) -> None:
    assert gunicorn.unsupported(options) == (reason,)
    with pytest.raises(UsageError) as caught:
        started(gunicorn, options)
    assert caught.value.what == reason


def test_a_loop_that_a_server_does_not_offer_is_unsupported() -> None:
    server = Server("one", "one", "One", Path("none"), base=lambda start: ["one"], loops=("auto", "asyncio"))
    assert server.unsupported({}, "uvloop") == ("one does not run on uvloop",)
    assert server.unsupported({}, "asyncio") == ()
    with pytest.raises(UsageError):
        started(server)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "2", None, 1.5, [1]])
def test_whole_takes_whole_numbers_only(value: object) -> None:
    with pytest.raises(Untranslatable):
        whole(value)


def test_words_of_options() -> None:
    assert whole(3.0) == "3"
    assert text("a") == "a"
    assert flag(True) is True
    assert flags_of(("a", "b")) == ["a", "b"]
    for refuse, value in ((text, 1), (flag, 1), (flags_of, ["a", 1])):
        with pytest.raises(Untranslatable):
            refuse(value)
