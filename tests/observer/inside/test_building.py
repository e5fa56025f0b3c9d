from __future__ import annotations

from pathlib import Path

import pytest

from engine.observer.inside.building import build
from engine.observer.inside.finding import Misled
from engine.observer.inside.observer import AsgiObserver
from engine.observer.inside.player import Player


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "some_app.py").write_text(
        "class holder:\n    async def app(scope, receive, send): ...\napp = holder.app\nnumber = 7\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return "some_app"


@pytest.mark.parametrize("left_out", ["ENGINE_DESK", "ENGINE_APP"])
def test_a_setting_that_is_missing_is_named(left_out: str) -> None:
    environment = {"ENGINE_DESK": "x", "ENGINE_APP": "y:z"}
    del environment[left_out]
    with pytest.raises(Misled, match=left_out):
        build(environment)


def test_only_the_control_plays(module: str, tmp_path: Path) -> None:
    environment = {"ENGINE_DESK": str(tmp_path), "ENGINE_APP": f"{module}:app"}
    plain, control = build(environment), build({**environment, "ENGINE_PLAYS": "1"})
    assert isinstance(plain, AsgiObserver)
    assert not isinstance(plain._app, Player)
    assert isinstance(control._app, Player)
