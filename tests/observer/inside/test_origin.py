"""The owner of an exception and of a message: the app's files, a package, or nobody."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.observer.inside import calls as calls_module
from engine.observer.inside import observer as observer_module
from engine.observer.inside.observer import AsgiObserver
from engine.observer.inside.origin import Owners

from .synthetic import Server, Stage, http_scope

APP, NESTED = "/srv/mine/app.py", "/srv/mine/contract_site/views.py"
PACKAGE, OTHER = "/env/lib/python3.11/site-packages/star/routing.py", "/env/lib/python3.11/site-packages/other.py"
STDLIB = "/usr/lib/python3.11/json/encoder.py"
SEND = os.path.join(os.path.dirname(os.path.abspath(observer_module.__file__)), "observer.py")


def function(file: str, body: str, **names: Any) -> Callable[[], Any]:
    """A function of no arguments that seems to stand in a file; its body begins in line 2."""
    space = dict(names)
    exec(compile("def made():\n    " + body.replace("\n", "\n    "), file, "exec"), space)
    made: Callable[[], Any] = space["made"]
    return made


@pytest.fixture
def owners() -> Owners:
    made = Owners()
    made.app_found("app", APP)
    return made


def raised(owners: Owners, function: Callable[[], Any]) -> tuple[str, str]:
    try:
        function()
    except BaseException as error:
        return owners.raised_by(error)
    raise AssertionError("nothing was raised")


FAILS = "raise KeyError('x')"


def test_the_owner_of_a_file(owners: Owners) -> None:
    files = (APP, NESTED, PACKAGE, OTHER, STDLIB, "<string>")
    assert [owners.owner(file) for file in files] == ["app", "app", "star", "other", "", ""]
    owners.app_found("contract_site.asgi", "/srv/mine/contract_site/asgi.py")
    assert owners.owner(APP) == "app"
    owners.app_found("contract_site", "/srv/mine/contract_site/__init__.py")
    assert owners.owner(APP) == "app"
    owners.app_found("builtin", None)
    assert owners.owner(APP) == ""


def test_an_exception_of_the_app(owners: Owners) -> None:
    mine = function(APP, FAILS)
    assert raised(owners, function(PACKAGE, "call()", call=mine)) == ("app", "app.py:2")
    # The standard library raises for its caller.
    assert raised(owners, function(APP, "call()", call=function(STDLIB, FAILS))) == ("app", "app.py:2")
    assert raised(owners, function(NESTED, FAILS)) == ("app", "contract_site/views.py:2")


def test_an_exception_of_a_package(owners: Owners) -> None:
    assert raised(owners, function(PACKAGE, FAILS)) == ("star", "star/routing.py:2")
    assert raised(owners, function(PACKAGE, "call()", call=function(OTHER, FAILS))) == ("other", "other.py:2")


def test_a_package_below_a_call_from_the_app_is_undecided(owners: Owners) -> None:
    inner = function(PACKAGE, FAILS)
    assert raised(owners, function(PACKAGE, "call()", call=function(APP, "call()", call=inner))) == ("", "")


def test_the_exception_of_send_is_nobody_s(owners: Owners) -> None:
    send = function(SEND, "raise OSError")
    assert raised(owners, function(APP, "call()", call=send)) == ("", "")
    assert raised(owners, function(PACKAGE, "call()", call=send)) == ("", "")
    # One that a package makes of it is the package's.
    other = function(PACKAGE, "try:\n    call()\nexcept OSError as e:\n    raise ValueError from e", call=send)
    assert raised(owners, other) == ("star", "star/routing.py:5")


def test_a_chain_is_judged_by_its_first_exception(owners: Owners) -> None:
    wrap = "try:\n    call()\nexcept KeyError as e:\n    raise RuntimeError from e"
    assert raised(owners, function(PACKAGE, wrap, call=function(APP, FAILS))) == ("app", "app.py:2")
    assert raised(owners, function(APP, wrap, call=function(PACKAGE, FAILS))) == ("", "")
    implicit = "try:\n    call()\nexcept KeyError:\n    raise RuntimeError"
    assert raised(owners, function(PACKAGE, implicit, call=function(APP, FAILS))) == ("app", "app.py:2")


def test_a_group_of_one_is_its_member(owners: Owners) -> None:
    group = "try:\n    call()\nexcept KeyError as e:\n    raise ExceptionGroup('g', [e]) from None"
    assert raised(owners, function(PACKAGE, group, call=function(APP, FAILS))) == ("app", "app.py:2")


def test_an_odd_exception_does_no_harm(owners: Owners) -> None:
    class Odd(Exception):
        @property
        def exceptions(self) -> Any:
            raise ValueError

    assert owners.raised_by(Odd()) == ("", "")
    endless = KeyError()
    endless.__cause__ = ValueError()
    endless.__cause__.__cause__ = endless
    assert owners.raised_by(endless) == ("", "")


def test_the_sender_of_a_message(owners: Owners) -> None:
    frame = "import sys\nreturn sys._getframe()"
    members = [owners.sender(function(file, frame)()) for file in (APP, PACKAGE, STDLIB)]
    assert members == [',"by":"app"', ',"by":"star"', ""]


def test_an_observed_call_names_the_sender_and_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real frames: an app that awaits send() itself."""
    mine = Owners()
    mine.app_found("test_origin", __file__)
    monkeypatch.setattr(observer_module, "OWNERS", mine)
    monkeypatch.setattr(calls_module, "OWNERS", mine)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("mine")

    stage = Stage(tmp_path)
    with pytest.raises(KeyError):
        asyncio.run(AsgiObserver(app, stage.writer)(http_scope(token="j1.1"), Server().receive, Server().send))
    call = stage.seen()
    assert [event.by for event in call.events] == ["app"]
    assert call.raised_by == "app"
    assert call.raised_at.startswith("test_origin.py:")
