"""Whole runs against servers that do what no server should: each case has its verdict, and nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.targets.runtimes.logfile import HEAD, MOST
from tests.cli.conftest import clean
from tests.running import processes

ROOT = Path(__file__).parents[2]
ENGINE = "import sys, tests.hostile_servers.here; from engine.cli.main import main; sys.exit(main())"

SUITE = """\
suite: On a hostile server
category: hostile
cite: [SCOPE-01]
level: must
cases:
  - id: killer
    title: What the server does its worst in
    timeout: 3s
    steps:
      - request: {path: /delay, query: {seconds: "0"}, expect: {status: 200}}
  - id: slow
    title: A request that takes a while
    timeout: 8s
    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
    steps:
      - request: {path: /health, query: {slow: $(n)}, expect: {status: 200}}
  - id: plain
    title: A plain request
    timeout: 8s
    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
    steps:
      - request: {path: /health, query: {n: $(n)}, expect: {status: 200}}
  - id: other
    title: Another endpoint
    timeout: 8s
    matrix: {n: [1, 2, 3]}
    steps:
      - request: {path: /scope, query: {n: $(n)}, expect: {status: 200}}
"""
CASES, REPEATS = 20, 2

# What each case comes to that does not pass; "*" stands for all. The others pass in each repeat.
KILLER = "killer"
EXPECTED: dict[str, dict[str, str]] = {
    "dies-at-start": {"*": "error"},
    "dies-at-first": {"*": "error"},
    "leaves-at-start": {"*": "error"},
    "sends-at-first": {"*": "error"},
    "logs-at-start": {"*": "error"},
    "runs-on-no-loop": {"*": "unsupported"},
    "dies": {KILLER: "crash"},
    "dies-in-every": {KILLER: "crash", "other[1]": "crash", "other[2]": "crash", "other[3]": "crash"},
    "dies-after": {KILLER: "crash"},
    "hangs-up": {KILLER: "fail"},
    "stops-reading": {KILLER: "timeout"},
    "never-answers": {KILLER: "timeout"},
    "answers-late": {KILLER: "timeout"},
    "leaves": {KILLER: "crash"},
}
# It takes several at a time, or the machine's speed decides: at least these do not pass.
AT_LEAST = {
    "dies-with-eight": {f"slow[{number}]": "crash" for number in range(1, 9)},
    "logs-a-gigabyte": {},
    "sends-without-end": {},
}
# The most that the engine may take, in MiB: some 80 for itself, and for each connection that is open what was sent on
# it, which has a bound. How many are open at a time, and how much comes before their time is over, is chance.
MEMORY = 640
DISK = 100


@dataclass(frozen=True)
class Ran:
    """A run that is over."""

    code: int
    out: str
    peak: float
    folder: Path
    left: dict[int, str]
    results: list[dict[str, Any]]
    rows: dict[str, dict[str, Any]]

    def of(self, deed: str) -> dict[str, dict[str, Any]]:
        """A server's results by case."""
        target = f"hostile~{deed}-control-auto"
        return {one["case"]: one for one in self.results if one["target"] == target}


def run(folder: Path, *arguments: str) -> Ran:
    """Run the engine to its end, in a folder of its own with a suite."""
    (folder / "cases.yaml").write_text(SUITE)
    scratch = folder / "scratch"
    scratch.mkdir()
    env = {**clean(), "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    with (folder / "out").open("w+") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", ENGINE, *arguments], cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        words = out.read()
    (kept,) = (folder / "results" / "runs").glob("*/run.ndjson")
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    return Ran(
        process.returncode, words, usage.ru_maxrss / 1024, folder, processes(str(scratch)),
        [line for line in lines if line["kind"] == "result"],
        {line["id"]: line for line in lines if line["kind"] == "target"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All hostile servers in one run."""
    named = [word for deed in [*EXPECTED, *AT_LEAST] for word in ("--server", f"hostile~{deed}")]
    return run(
        tmp_path_factory.mktemp("hostile"), "grid", "cases.yaml", "--framework", "control", *named,
        "--repeat", str(REPEATS), "--no-counterparts",
    )  # fmt: skip


@pytest.mark.service
def test_the_run_ends_as_one_with_failures_does(ran: Ran) -> None:
    assert ran.code == 1, ran.out
    assert "Traceback" not in ran.out
    assert len(ran.results) == CASES * (len(EXPECTED) + len(AT_LEAST))


@pytest.mark.service
@pytest.mark.parametrize("deed", EXPECTED)
def test_every_case_has_its_own_verdict(ran: Ran, deed: str) -> None:
    found = ran.of(deed)
    expected = EXPECTED[deed]
    verdicts = {case: result["verdict"] for case, result in found.items()}
    assert verdicts == {case: expected.get(case, expected.get("*", "pass")) for case in found}
    for case, result in found.items():
        assert {one["verdict"] for one in result["attempts"]} == {verdicts[case]}
        assert len(result["attempts"]) == REPEATS


@pytest.mark.service
@pytest.mark.parametrize("deed", AT_LEAST)
def test_a_failure_says_where_concurrent_load_decides(ran: Ran, deed: str) -> None:
    found = ran.of(deed)
    assert len(found) == CASES
    assert {case: found[case]["verdict"] for case in AT_LEAST[deed]} == AT_LEAST[deed]
    assert {result["verdict"] for result in found.values()} <= {"pass", "fail", "timeout", "crash", "flaky"}
    for case in AT_LEAST[deed]:
        assert "concurrently; in isolation this one ends as pass" in found[case]["reason"]


@pytest.mark.service
def test_reasons_say_what_the_server_did(ran: Ran) -> None:
    reasons = {deed: ran.of(deed)[KILLER]["reason"] for deed in EXPECTED}
    assert reasons["dies"] == "the server ended with exit status 3"
    assert reasons["dies-after"] == "the server ended with exit status 3, just after this case had passed"
    assert "the server ended with exit status 0" in reasons["leaves"]
    for deed in ("hangs-up", "stops-reading"):
        assert "no longer answers, but its process is still running" in reasons[deed]
    for deed in ("never-answers", "answers-late"):
        assert "no longer answers" not in reasons[deed]


@pytest.mark.service
@pytest.mark.parametrize("deed", ["dies-at-start", "dies-at-first"])
def test_what_did_not_start_is_one_row_with_its_log(ran: Ran, deed: str) -> None:
    row = ran.rows[f"hostile~{deed}-control-auto"]
    assert "ended before it was ready (exit status 3)" in row["failed"]
    assert row["log"] == "this is what it said before it ended"
    assert "this is what it said before it ended" in ran.out


@pytest.mark.service
def test_a_server_on_another_loop_is_not_blamed(ran: Ran) -> None:
    reason = ran.of("runs-on-no-loop")[KILLER]["reason"]
    assert reason.startswith("hostile~runs-on-no-loop runs apps on no loop of asyncio's")
    assert "failed" not in ran.rows["hostile~runs-on-no-loop-control-auto"]


@pytest.mark.service
def test_nothing_is_left(ran: Ran) -> None:
    """No process, and with them no port; no scratch folder."""
    assert ran.left == {}
    assert list((ran.folder / "scratch").iterdir()) == []


@pytest.mark.service
def test_neither_memory_nor_disk_follows_a_server(ran: Ran) -> None:
    assert ran.peak < MEMORY
    logs = {path.name: path.stat().st_size for path in (ran.folder / "results").rglob("*.log")}
    assert max(logs.values()) < DISK << 20, logs
    for deed in ("logs-a-gigabyte", "logs-at-start"):
        log = ran.folder / next(path for path in (ran.folder / "results").rglob(f"hostile~{deed}*.log"))
        with log.open("rb") as file:
            file.seek(HEAD)
            cut = b"bytes of this log were cut out here" in file.read(4096)
        # On a slow machine the server is stopped before it has written enough to be cut. That a log past the bound is
        # cut needs no clock in tests/targets/runtimes/test_logfile.py.
        assert cut or log.stat().st_size <= MOST, deed
    assert sum(path.stat().st_size for path in (ran.folder / "results").rglob("run.ndjson")) < DISK << 20


CONFTEST = """\
from engine.worker import spawned
import tests.hostile_servers.here
python, _, program = spawned.COMMAND
spawned.COMMAND = (python, "-c", "import tests.hostile_servers.here; " + program)
"""


@pytest.mark.service
def test_under_pytest_as_well(tmp_path: Path) -> None:
    """pytest's worker process outlives its servers, and each item has its own outcome."""
    (tmp_path / "cases.yaml").write_text(SUITE)
    (tmp_path / "conftest.py").write_text(textwrap.dedent(CONFTEST))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    deeds = ("dies", "dies-in-every", "stops-reading")
    named = [word for deed in deeds for word in ("--asgi-server", f"hostile~{deed}")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider", "cases.yaml",
         "--asgi-framework", "control", *named, "--asgi-repeat", "2"],
        cwd=tmp_path, env={**clean(), "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    outcomes = [
        line.split(" - ")[0].split() for line in ran.stdout.splitlines() if line.startswith(("PASSED", "FAILED"))
    ]
    found = {words[1].partition("::")[2]: words[0] for words in outcomes if "::" in words[1]}
    expected = {f"{case}[hostile~{deed}-control-auto]" for deed in deeds for case in EXPECTED[deed]}
    assert {case for case, outcome in found.items() if outcome == "FAILED"} == expected
    assert Counter(found.values()) == {"FAILED": len(expected), "PASSED": CASES * len(deeds) - len(expected)}
    assert processes(str(scratch)) == {}
    assert list(scratch.iterdir()) == []
