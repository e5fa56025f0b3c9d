from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.targets.runtimes.local.process import SUPERVISOR
from tests.targets.catalog.servers_of_ours import FAMILY, OBEDIENT, STUBBORN, Family

ENGINE = Path(__file__).parents[4]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")


BEGAN = time.monotonic()


class Hired:
    """A supervisor, spoken to directly."""

    def __init__(self, family: Family, grace: float = 20.0, changes: Mapping[str, object] = {}) -> None:
        spec = family.spec(grace)
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=spec.fds,
            start_new_session=True,
        )
        order = {
            "argv": list(spec.argv), "env": dict(spec.env), "cwd": str(spec.cwd), "log": str(spec.log),
            "fds": list(spec.fds), "grace": spec.grace, "remove": str(spec.remove),
        }  # fmt: skip
        self.tell({**order, **changes})
        family.let_go()

    def tell(self, order: dict[str, object]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, object]:
        assert self.process.stdout is not None
        heard = json.loads(self.process.stdout.readline())
        assert isinstance(heard, dict)
        if heard["event"] == "exit":
            assert BEGAN <= heard.pop("at") <= time.monotonic()
        return heard

    def leave(self) -> None:
        """The end of the engine."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def test_it_relays_start_exit_status_and_end(tmp_path: Path) -> None:
    family = Family(tmp_path, OBEDIENT)
    supervisor = Hired(family)
    pid = family.members(1)["main"]
    assert supervisor.hear() == {"event": "started", "pid": pid}
    supervisor.tell({"do": "stop", "grace": 20.0})
    assert supervisor.hear() == {"event": "exit", "status": 5}
    assert supervisor.hear() == {"event": "gone", "left": []}
    family.wait_until_gone()
    # The folder stays until the engine has read it.
    assert family.scratch.is_dir()
    supervisor.leave()
    assert not family.scratch.exists()
    assert family.log.read_text() == ""


def test_it_looks_when_it_is_asked_to(tmp_path: Path) -> None:
    """An earlier end is reported before the answer, even if the child was not announced by then."""
    family = Family(tmp_path, OBEDIENT)
    supervisor = Hired(family)
    family.members(1)
    assert supervisor.hear()["event"] == "started"
    supervisor.tell({"do": "look"})
    assert supervisor.hear() == {"event": "looked"}
    supervisor.tell({"do": "signal", "number": int(signal.SIGTERM)})
    assert supervisor.hear() == {"event": "exit", "status": 5}
    supervisor.tell({"do": "look"})
    assert supervisor.hear() == {"event": "looked"}
    supervisor.leave()


def test_it_relays_signals_to_the_main_process(tmp_path: Path) -> None:
    family = Family(tmp_path, STUBBORN)
    supervisor = Hired(family)
    family.members(1)
    supervisor.hear()
    supervisor.tell({"do": "signal", "number": int(signal.SIGUSR1)})
    assert supervisor.hear() == {"event": "exit", "signal": int(signal.SIGUSR1)}
    family.wait_until_gone()
    # A signal to whoever is gone is no trouble.
    supervisor.tell({"do": "signal", "number": int(signal.SIGUSR1)})
    supervisor.tell({"do": "stop", "grace": 0.0})
    assert supervisor.hear() == {"event": "gone", "left": []}
    supervisor.leave()


def test_who_ignores_term_is_killed(tmp_path: Path) -> None:
    family = Family(tmp_path, STUBBORN)
    supervisor = Hired(family)
    family.members(1)
    supervisor.hear()
    supervisor.tell({"do": "stop", "grace": 0.05})
    assert supervisor.hear() == {"event": "exit", "signal": int(signal.SIGKILL)}
    family.wait_until_gone()
    supervisor.leave()


@linux_only
def test_who_left_the_family_is_found(tmp_path: Path) -> None:
    family = Family(tmp_path, FAMILY)
    supervisor = Hired(family)
    family.members(3)
    supervisor.hear()
    supervisor.tell({"do": "stop", "grace": 20.0})
    assert supervisor.hear() == {"event": "exit", "signal": int(signal.SIGTERM)}
    assert supervisor.hear() == {"event": "gone", "left": []}
    family.wait_until_gone()
    supervisor.leave()


@pytest.mark.parametrize("program", [OBEDIENT, pytest.param(FAMILY, marks=linux_only)])
def test_the_engines_end_ends_all(tmp_path: Path, program: str) -> None:
    family = Family(tmp_path, program)
    supervisor = Hired(family)
    family.members(program.count("os.write"))
    supervisor.leave()
    family.wait_until_gone()
    assert not family.scratch.exists()


def test_the_engines_end_is_no_mercy(tmp_path: Path) -> None:
    family = Family(tmp_path, STUBBORN)
    supervisor = Hired(family, grace=0.05)
    family.members(1)
    supervisor.leave()
    family.wait_until_gone()
    assert not family.scratch.exists()


def test_ctrl_c_and_hanging_up_do_not_end_it_and_term_does(tmp_path: Path) -> None:
    family = Family(tmp_path, OBEDIENT)
    supervisor = Hired(family)
    family.members(1)
    supervisor.hear()
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(supervisor.process.pid, number)
    supervisor.tell({"do": "signal", "number": 0})
    supervisor.process.terminate()
    assert supervisor.hear() == {"event": "exit", "status": 5}
    family.wait_until_gone()
    supervisor.leave()
    assert supervisor.process.returncode == 0


def test_the_target_hears_ctrl_c_again(tmp_path: Path) -> None:
    # The supervisor ignores it, and what is ignored is inherited unless it is set back.
    program = "import os, signal; os.write(PIPE, b'main %d\\n' % (signal.getsignal(2) is signal.SIG_IGN))"
    family = Family(tmp_path, program)
    supervisor = Hired(family)
    assert family.members(1) == {"main": 0}
    supervisor.leave()
    family.wait_until_gone()


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"argv": ["/nowhere/python"]}, "No such file or directory: /nowhere/python"), ({"cwd": "/nowhere"}, "/nowhere")],
)
def test_what_cannot_be_started_is_told(tmp_path: Path, changes: dict[str, object], error: str) -> None:
    family = Family(tmp_path, OBEDIENT)
    supervisor = Hired(family, changes=changes)
    heard = supervisor.hear()
    assert heard["event"] == "failed"
    assert error in str(heard["error"])
    family.wait_until_gone()
    supervisor.leave()
    assert not family.scratch.exists()


def test_an_engine_that_ends_before_its_order_leaves_no_warden() -> None:
    supervisor = subprocess.run(
        [sys.executable, "-I", "-S", str(SUPERVISOR)], input=b'{"argv": [', check=False, timeout=30
    )
    assert supervisor.returncode == 0


@linux_only
@pytest.mark.parametrize("program", [STUBBORN, FAMILY])
def test_kill_9_of_the_engine_leaves_nothing(tmp_path: Path, program: str) -> None:
    family = Family(tmp_path, program)
    spec = family.spec(grace=0.05)
    script = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from engine.targets.runtimes.local.process import ProcessSpec, SupervisedProcess\n"
        "async def main():\n"
        f"    spec = ProcessSpec({spec.argv!r}, {{}}, Path('/'), Path({str(spec.log)!r}), {spec.fds!r}, {spec.grace},\n"
        f"                Path({str(spec.remove)!r}))\n"
        "    process = await SupervisedProcess.start(spec)\n"
        "    print('started', flush=True)\n"
        "    await process.wait()\n"
        "asyncio.run(main())\n"
    )
    engine = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        pass_fds=spec.fds,
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
    )
    family.let_go()
    with engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"started\n"
        family.members(program.count("os.write"))
        engine.kill()
    family.wait_until_gone()
