"""Servers that a project declares: their command lines, and the translation of options."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.model.settings import OwnServer, Translated
from engine.targets.catalog.own_servers import chosen, of_value, own_server
from engine.targets.catalog.servers import load_servers
from engine.targets.catalog.servers.base import Start, Untranslatable
from engine.targets.catalog.servers.tls import Files

PYTHON = Path("/env/python")


def start(address: tuple[str, int] = ("127.0.0.1", 80), loop: str = "auto", **options: object) -> Start:
    return Start(PYTHON, "a:b", loop, address, options=options)


def declared(*command: str, **more: object) -> OwnServer:
    return OwnServer("tiny", "/project", command, **more)  # type: ignore[arg-type]


def test_the_placeholders_of_a_command() -> None:
    server = own_server(
        declared("$(python)", "$(folder)/s.py", "$(app)", "--at=$(host):$(port)", "$(loop)", "$(workers)")
    )
    line = server.command(start(loop="uvloop"))
    assert line == ["/env/python", "/project/s.py", "a:b", "--at=127.0.0.1:80", "uvloop", "1"]
    assert server.command(start(workers=3))[-1] == "3"
    assert server.loops == ("auto", "asyncio", "uvloop")


def test_an_address_in_one_word() -> None:
    server = own_server(declared("s", "$(app)", "$(address)"))
    assert server.command(start(("::1", 80)))[-1] == "[::1]:80"
    assert server.loops == ("auto",)


def test_the_address_is_that_of_the_command_or_of_listen() -> None:
    plain = own_server(declared("s", "$(app)", "$(host)", "$(port)"))
    assert plain.unsupported({"listen": "unix"})
    assert not plain.unsupported({"listen": "ipv4"})
    listen = {"ipv4": ("-b", "$(address)"), "unix": ("-u", "$(socket)")}
    server = own_server(declared("s", "$(app)", options={"listen": listen}))
    assert server.command(start()) == ["s", "a:b", "-b", "127.0.0.1:80"]
    assert server.command(start(("/run/a", 0), listen="unix")) == ["s", "a:b", "-u", "/run/a"]
    assert server.unsupported({"listen": "ipv6"})
    socket = own_server(declared("s", "$(app)", "$(socket)"))
    assert socket.unsupported({"listen": "ipv4"})
    assert not socket.unsupported({"listen": "unix"})


def test_an_inherited_socket() -> None:
    server = own_server(declared("s", "$(app)", "--fd", "$(descriptor)"))
    assert server.takes_descriptor({})
    assert server.command(Start(PYTHON, "a:b", "auto", ("127.0.0.1", 80), 7)) == ["s", "a:b", "--fd", "7"]
    assert not own_server(declared("s", "$(app)", "$(port)")).takes_descriptor({})


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        (("-k", "$(value)"), 5, ["-k", "5"]),
        (("-k", "$(value)"), 0.5, ["-k", "0.5"]),
        (("-k", "$(milliseconds)"), 0.5, ["-k", "500"]),
        (("-k", "$(whole)"), 2.0, ["-k", "2"]),
        (("--log",), True, ["--log"]),
        (("--log",), False, []),
        ({"true": ("--log",)}, False, []),
        ({"off": ("--no",), "auto": ()}, "off", ["--no"]),
    ],
)
def test_the_words_for_a_value(words: Translated, value: object, expected: list[str]) -> None:
    assert list(chosen(value, words)) == expected


@pytest.mark.parametrize(("words", "value"), [(("-k", "$(whole)"), 0.5), ({"auto": ()}, "on"), ({"v1": ()}, True)])
def test_values_without_words_are_unsupported(words: Translated, value: object) -> None:
    with pytest.raises(Untranslatable):
        chosen(value, words)


def test_the_placeholders_of_a_value() -> None:
    assert of_value(1.5) == {"value": "1.5", "whole": 1, "milliseconds": 1500}
    assert of_value("v1")["value"] == "v1"


def test_options_with_parts() -> None:
    server = own_server(declared("s", "$(app)", "$(port)", options={"limits": {"head": ("-h", "$(value)")}}))
    assert server.command(start(limits=(("head", 9),)))[-2:] == ["-h", "9"]
    assert server.unsupported({"limits": (("body", 9),)})
    assert server.unsupported({"workers": 2})


def test_tls() -> None:
    words = ("-c", "$(certificate)", "-k", "$(key)")
    plain = own_server(declared("s", "$(app)", "$(port)", options={"tls": words}))
    files = Files(Path("/c"), Path("/k"), Path("/a"))
    assert plain.command(start(tls=files))[-4:] == ["-c", "/c", "-k", "/k"]
    assert plain.unsupported({"tls": "required"})
    assert not plain.unsupported({"tls": True})
    asking = own_server(declared("s", "$(app)", "$(port)", options={"tls": {"required": (*words, "$(authority)")}}))
    assert asking.command(start(tls=Files(Path("/c"), Path("/k"), Path("/a"), "required")))[-1] == "/a"
    assert asking.unsupported({"tls": True})


def test_requirements_name_the_package() -> None:
    assert own_server(declared("s", "$(app)", "$(port)", package="tiny")).requires == ("tiny",)
    assert own_server(declared("s", "$(app)", "$(port)", package="tiny", requires=("tiny<2",))).requires == ("tiny<2",)
    assert own_server(declared("s", "$(app)", "$(port)")).requires == ()


def test_the_code_of_a_script_is_known(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    command = ("python", "$(folder)/s.py", "$(folder)/inner", "--x=$(folder)", "$(app)", "$(port)")
    server = own_server(OwnServer("tiny", str(tmp_path), command))
    assert server.code == (tmp_path, tmp_path / "inner")


def test_a_name_of_the_engine_is_taken() -> None:
    with pytest.raises(UsageError, match="the engine has a server called 'gunicorn' already"):
        load_servers([OwnServer("gunicorn", "/project", ("s",))])
    assert "tiny" in load_servers([declared("s", "$(app)", "$(port)")])
