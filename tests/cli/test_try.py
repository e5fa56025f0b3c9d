"""``engine try`` on a terminal: again after a change, errors of the file, and nothing left after Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path

import pytest

from engine.app import launch
from engine.cli import serve
from engine.cli.main import main
from tests.cli.conftest import ENGINE, Engine, clean
from tests.running import processes

WAITING = "Enter: run again, q: quit"
PATIENCE = 60.0


class Session:
    """The command on a terminal of its own, with a folder for its temporary files."""

    def __init__(self, suites: Path, *words: str) -> None:
        self.temporary = suites / "temporary"
        self.temporary.mkdir()
        self.suite = suites / "cases.yaml"
        self.output = ""
        self.master, slave = pty.openpty()
        environment = {**clean(), "TMPDIR": str(self.temporary), "COLUMNS": "80", "TERM": "dumb"}
        self.process = subprocess.Popen(
            [*ENGINE, "try", *words],
            cwd=suites,
            env=environment,
            pass_fds=(slave,),
            preexec_fn=lambda: on_a_terminal(slave),  # noqa: PLW1509 - there is one thread
        )
        os.close(slave)

    def until(self, text: str, count: int = 1) -> str:
        """The output until a text has come so many times since the last call."""
        deadline = time.monotonic() + PATIENCE
        while self.output.count(text) < count:
            assert time.monotonic() < deadline, self.output
            if select.select([self.master], [], [], 0.1)[0]:
                self.output += os.read(self.master, 65536).decode()
        found, self.output = self.output, ""
        return found

    def edit(self, before: str, after: str) -> None:
        """Change the suite as an editor does: a new file replaces it."""
        new = self.suite.with_suffix(".new")
        new.write_text(self.suite.read_text().replace(before, after, 1))
        new.replace(self.suite)

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def end(self) -> int:
        """The exit code, once it has ended."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.output += os.read(self.master, 65536).decode()
                except OSError:  # the other end is closed
                    break
        return self.process.wait(PATIENCE)

    def left(self) -> tuple[dict[int, str], list[str]]:
        """The processes and the temporary files that are there still."""
        return processes(str(self.temporary)), [path.name for path in self.temporary.iterdir()]


def on_a_terminal(slave: int) -> None:
    """Make it the terminal of this process, whose end SIGHUP reports, even if the tests run under nohup(1)."""
    os.login_tty(slave)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def session(suites: Path, request: pytest.FixtureRequest) -> Iterator[Session]:
    found = Session(suites, "cases.yaml::good", "--server", "reference")
    yield found
    if found.process.poll() is None:
        found.process.send_signal(signal.SIGKILL)
    found.process.wait()
    os.close(found.master)


@pytest.mark.service
def test_it_runs_again_after_an_edit_and_stops_with_a_key(session: Session) -> None:
    first = session.until(WAITING)
    assert "starting reference-control-auto" in first
    assert "HTTP/1.1 200 OK" in first
    assert "pass on reference-control-auto" in first
    session.edit("status: 200", "status: 204")
    second = session.until(WAITING)
    assert "cases.yaml changed" in second
    assert "fail on reference-control-auto" in second
    assert "expected: status 204" in second
    assert "starting" not in second, "the target has stayed up"
    assert port(first) == port(second)
    session.edit("status: 204", "statu: 204")
    third = session.until(WAITING)
    assert re.search(r"cases\.yaml:\d+:\d+: error\[unknown-fact\]", third)
    session.edit("statu: 204", "status: 200")
    fourth = session.until(WAITING)
    assert "pass on reference-control-auto" in fourth
    assert port(first) == port(fourth), "an error in the file does not stop the target"
    session.press(b"\n")
    assert "pass on reference-control-auto" in session.until(WAITING)
    session.press(b"q")
    assert session.end() == 0
    assert session.left() == ({}, [])


@pytest.mark.service
def test_ctrl_c_leaves_nothing(session: Session) -> None:
    session.until(WAITING)
    running, folders = session.left()
    assert len(running) > 1
    assert folders
    session.press(b"\x03")
    assert session.end() == 0
    assert "Traceback" not in session.output
    assert session.left() == ({}, [])


@pytest.mark.service
def test_a_terminal_that_is_closed_leaves_nothing(session: Session) -> None:
    session.until(WAITING)
    os.close(session.master)
    session.process.wait(PATIENCE)
    session.master = os.open(os.devnull, os.O_RDWR)
    assert session.left() == ({}, [])


def port(output: str) -> str:
    found = re.search(r"Host: 127\.0\.0\.1:(\d+)", output)
    assert found is not None, output
    return found[1]


@pytest.mark.service
def test_once_with_the_exit_code_of_the_verdict(suites: Path, engine: Engine) -> None:
    passed = engine("try", "cases.yaml::good", "--server", "reference", "--once")
    assert passed.returncode == 0
    assert "pass on reference-control-auto" in passed.stdout
    assert "\x1b" not in passed.stdout
    file = suites / "cases.yaml"
    file.write_text(file.read_text().replace("status: 200", "status: 204", 1))
    failed = engine("try", "cases.yaml::good", "--server", "reference", "--once")
    assert failed.returncode == 1
    assert "expected status 204, got 200" in failed.stdout


@pytest.mark.service
def test_the_delivery_and_the_client_of_a_run(engine: Engine) -> None:
    cut = engine("try", "cases.yaml::good", "--server", "reference", "--once", "--delivery", "bytes", "--full")
    assert cut.returncode == 0
    assert cut.stdout.count("connection 1 sent 1 B") > 20
    asked = engine(
        "try", "cases.yaml::good", "--server", "reference", "--once", "--client", "library", "--delivery", "all"
    )
    assert asked.returncode == 2
    assert "means 3 cases" in asked.stderr
    assert "good[bytes-library]" in asked.stderr


@pytest.mark.parametrize(("more", "code"), [(["--once"], 130), ([], 0)])
def test_an_interruption_of_one_run_is_reported(
    suites: Path,
    more: list[str],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped(running: Coroutine[object, object, int]) -> int:
        running.close()
        raise launch.Stopped

    monkeypatch.chdir(suites)
    monkeypatch.setattr(launch, "until_stopped", stopped)
    monkeypatch.setattr(serve, "heed_interrupts", lambda: None)
    assert main(["try", "cases.yaml::good", "--server", "reference", *more]) == code
    assert capsys.readouterr().err == ("engine: interrupted\n" if code else "")


def test_once_with_errors_in_the_file(suites: Path, engine: Engine) -> None:
    file = suites / "cases.yaml"
    file.write_text(file.read_text().replace("status: 200", "statu: 200", 1))
    ran = engine("try", "cases.yaml::good", "--once")
    assert ran.returncode == 2
    assert "error[unknown-fact]" in ran.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("cases.yaml::goood", "--once"), "there is no case"),
        (("cases.yaml::goood",), "there is no case"),
        (("cases.yaml",), "is not the address of a case"),
        (("cases.yaml::slow",), "means 4 cases"),
        (("cases.yaml::good", "--server", "gunicor"), "there is no server called 'gunicor'"),
    ],
)
def test_words_that_mean_nothing(engine: Engine, words: tuple[str, ...], message: str) -> None:
    ran = engine("try", *words)
    assert ran.returncode == 2
    assert ran.stderr.count(message) == 1
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
