"""The files of a grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.app.addresses import named
from engine.app.engine import Engine, RunOptions
from engine.app.grids import is_complete, write
from engine.app.project_paths import find
from engine.errors import ResultsError
from engine.model.verdict import JobResult, Verdict
from engine.reports.table import draw
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run, TargetRow

ROOT = Path(__file__).parents[2]

ROWS = tuple(TargetRow(f"s-f-{loop}", "s", "f", loop, "direct", "local") for loop in ("asyncio", "uvloop"))
RESULTS = tuple(JobResult("a", "a.yaml", row.id, "c", "must", Verdict.PASS) for row in ROWS)
RUN = Run("id-1", {"targets": [row.id for row in ROWS], "categories": ["c"]}, ROWS, RESULTS, True, "whole")


def test_each_loop_has_its_files_and_both_together(tmp_path: Path) -> None:
    names = [path.name for path in write(RUN, grid_of(RUN), tmp_path)]
    assert names == [
        f"compatibility_grid_{loop}{end}" for loop in ("asyncio", "uvloop", "both") for end in (".md", ".json")
    ]
    assert "uvloop" not in (tmp_path / "compatibility_grid_asyncio.md").read_text()
    assert "no difference between asyncio and uvloop" in (tmp_path / "compatibility_grid_both.md").read_text()


def test_one_loop_has_no_both(tmp_path: Path) -> None:
    one = Run(RUN.id, RUN.header, ROWS[:1], RESULTS[:1], True, "whole")
    assert len(write(one, grid_of(one), tmp_path)) == 2


def test_a_folder_that_takes_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="cannot be written"):
        write(RUN, grid_of(RUN), tmp_path / "nowhere")


def test_rows_stand_in_the_order_of_the_plan() -> None:
    turned = Run(RUN.id, RUN.header, ROWS[::-1], RESULTS, True, "whole")
    drawn = draw(grid_of(turned))
    assert drawn.index("asyncio") < drawn.index("uvloop")


def complete(engine: Engine, *words: str, **options: Any) -> bool:
    return is_complete(named(words, engine), RunOptions(**options), engine)


def test_a_run_of_everything_on_the_default_targets_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(find())
    assert complete(engine)
    assert complete(engine, "specs")
    assert complete(engine, str(ROOT / "specs"), loop="both")
    monkeypatch.chdir(ROOT / "docs")
    assert complete(Engine(find()), "specs")


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (("specs/http",), {}),
        (("specs/http", "specs/asgi"), {}),
        (("specs/http/wire.yaml::missing-host",), {}),
        (("missing-host",), {}),
        ((), {"keyword": "host"}),
        ((), {"tags": ("slow",)}),
        ((), {"levels": ("must",)}),
        ((), {"categories": ("http-wire",)}),
        ((), {"frameworks": ("control",)}),
        ((), {"servers": ("hypercorn",)}),
        ((), {"servers": ("all",)}),
        ((), {"servers": ("gunicorn==26.2.0",)}),
        ((), {"gateways": ("nginx-http",)}),
        ((), {"loop": "both", "frameworks": ("control",)}),
    ],
)
def test_a_run_of_a_part_or_of_other_targets_is_partial(words: tuple[str, ...], options: dict[str, object]) -> None:
    assert not complete(Engine(find()), *words, **options)


def test_a_run_in_containers_is_partial() -> None:
    assert not complete(Engine(find(), way="docker"))
