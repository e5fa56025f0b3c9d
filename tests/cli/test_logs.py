"""``engine logs``: listing, showing and following what targets wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.app.logs import Log, follow, is_over, last_lines, logs
from engine.cli.main import main

NEW, OLD = "20261121-100000-aaaa", "20261120-100000-bbbb"
FOOTER = '{"kind":"footer","ended":"whole"}\n'

Logs = Callable[..., str]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two runs; the newer has a target that was started three times."""
    for run, text in ((NEW, b"new\n"), (OLD, b"old\n")):
        folder = tmp_path / "results" / "runs" / run
        (folder / "logs").mkdir(parents=True)
        (folder / "run.ndjson").write_text('{"kind":"header"}\n' + FOOTER)
        for name in ("gunicorn-control-auto", "gunicorn-control-auto.2", "gunicorn-control-auto.10"):
            (folder / "logs" / f"{name}.log").write_bytes(text)
    return tmp_path / "results"


@pytest.fixture
def page(results: Path, capsys: pytest.CaptureFixture[str]) -> Logs:
    """Runs ``engine logs`` on those results; what it printed."""

    def call(*arguments: str, code: int = 0) -> str:
        assert main(["logs", *arguments, "--results", str(results)]) == code
        captured = capsys.readouterr()
        return captured.err if code else captured.out

    return call


def log(results: Path, name: str = "gunicorn-control-auto") -> Path:
    return results / "runs" / NEW / "logs" / f"{name}.log"


def test_the_newest_runs_logs_are_listed(page: Logs) -> None:
    lines = page().splitlines()
    assert lines[0] == f"run {NEW}"
    assert [line.split()[0] for line in lines[2:]] == [
        "gunicorn-control-auto",
        "gunicorn-control-auto.2",
        "gunicorn-control-auto.10",
    ]
    assert lines[2].split()[1:] == ["4", "B", "new"]


def test_a_run_that_is_not_over_says_so(page: Logs, results: Path) -> None:
    (results / "runs" / NEW / "run.ndjson").write_text('{"kind":"header"}\n')
    assert "goes on or was cut short" in page()


def test_a_run_without_targets(page: Logs, results: Path) -> None:
    (results / "runs" / "20261122-000000-cccc").mkdir()
    assert "no target was started" in page()


def test_a_log(page: Logs) -> None:
    assert page("gunicorn-control-auto") == "new\n"


@pytest.mark.parametrize("run", [OLD, "path", "file"])
def test_another_run(page: Logs, results: Path, run: str) -> None:
    folder = results / "runs" / OLD
    named = {"path": str(folder), "file": str(folder / "run.ndjson")}.get(run, run)
    assert page("gunicorn-control-auto", "--run", named) == "old\n"


def test_the_last_lines(page: Logs, results: Path) -> None:
    log(results).write_text("".join(f"{number}\n" for number in range(100)))
    assert page("gunicorn-control-auto").splitlines() == [str(number) for number in range(60, 100)]
    assert page("gunicorn-control-auto", "--lines", "2") == "98\n99\n"
    assert len(page("gunicorn-control-auto", "--lines", "0").splitlines()) == 100


def test_a_long_log_is_read_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"x" * 100 + b"\n" + b"y\n" * (2 * 1024 * 1024))
    assert last_lines(Log("x", path), 1) == ("y\n", path.stat().st_size)
    assert last_lines(Log("x", path), 0)[0].startswith("xxx")


def test_nothing_of_a_log_reaches_the_terminal_raw(page: Logs, results: Path) -> None:
    log(results).write_bytes(b"\x1b]0;title\x07 \xff ok\ttab\r\n")
    text = page("gunicorn-control-auto")
    assert text == "\\x1b]0;title\\x07 \\xff ok\ttab\\r\n"
    assert "\x1b" not in page()


def test_following_goes_on_until_the_run_is_over(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"first\n")
    pieces = [b"sec", b"ond \xc3", b"\xa4\n", b""]

    def wait() -> None:
        with path.open("ab") as file:
            file.write(pieces.pop(0))

    found = "".join(follow(Log("x", path), 6, lambda: not pieces, wait))
    assert found == "second ä\n"


def test_what_was_written_just_before_the_end_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"")

    def over() -> bool:
        path.write_bytes(b"last words\n")
        return True

    assert list(follow(Log("x", path), 0, over)) == ["last words\n"]


def test_follow_ends_at_once_where_the_run_is_over(page: Logs) -> None:
    assert page("gunicorn-control-auto", "--follow") == "new\n"


@pytest.mark.parametrize(
    ("text", "over"),
    [(FOOTER, True), ('{"kind":"header"}\n', False), ("", False), ('{"kind":"foot', False), ("[1]\n", False)],
)
def test_a_run_is_over_with_its_footer(tmp_path: Path, text: str, over: bool) -> None:
    (tmp_path / "run.ndjson").write_text(text)
    assert is_over(tmp_path) is over
    assert not is_over(tmp_path / "nowhere")
    assert logs(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gunicorn-contrl-auto"], "did you mean 'gunicorn-control-auto'?"),
        (["--run", "20261121-100000-aaab"], f"did you mean '{NEW}'?"),
        (["--run", "x"], f"the newest is {NEW}"),
        (["--follow"], "--follow needs a target"),
        (["gunicorn-control-auto", "--lines", "-1"], "--lines is -1"),
    ],
)
def test_usage(page: Logs, arguments: list[str], words: str) -> None:
    assert words in page(*arguments, code=2)


def test_without_any_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "--results", str(tmp_path)]) == 2
    assert "`engine grid` makes one" in capsys.readouterr().err
