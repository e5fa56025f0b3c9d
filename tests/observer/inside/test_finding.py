from __future__ import annotations

from pathlib import Path

import pytest

from engine.observer.inside.finding import Misled, load, setting


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "some_app.py").write_text(
        "class holder:\n    async def app(scope, receive, send): ...\napp = holder.app\nnumber = 7\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return "some_app"


@pytest.mark.parametrize("attribute", ["app", "holder.app"])
def test_an_app_is_loaded(module: str, attribute: str) -> None:
    assert load(f"{module}:{attribute}").__name__ == "app"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("some_app", "must be module:attribute"),
        (":app", "must be module:attribute"),
        ("some_app:", "must be module:attribute"),
        ("some_app:nothing", "has no 'nothing'"),
        ("some_app:number", "cannot be called"),
    ],
)
def test_a_name_that_is_no_app(module: str, name: str, why: str) -> None:
    with pytest.raises(Misled, match=why):
        load(name)


def test_a_variable_must_be_set() -> None:
    assert setting({"A": "x"}, "A") == "x"
    for environment in ({}, {"A": ""}):
        with pytest.raises(Misled, match="A is not set"):
            setting(environment, "A")
