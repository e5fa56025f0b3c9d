"""Cases made to fail, and what their printed commands bring back from a server that those commands have started."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.app import launch, step_types, wiring
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.session import RunSession, open_channel
from engine.execution.runner.runner import Runner
from engine.model.case import Case
from engine.model.expectation import Group, Matcher, Mismatch, Situation
from engine.model.result_event import ResultEvent
from engine.model.source_span import NOWHERE
from engine.model.target import Target
from engine.model.transcript import Side
from engine.model.verdict import JobResult
from engine.steps.api.inner import inside

# nc, where the machine has none: stdin goes to the server, and what comes back to stdout.
STAND_IN = """\
import select, socket, sys, time
options, (host, port) = sys.argv[1:-2], sys.argv[-2:]
idle = float(options[options.index("-w") + 1])
peer = socket.create_connection((host, int(port)))
watched = [peer, sys.stdin.buffer]
while True:
    ready, _, _ = select.select(watched, [], [], idle)
    if not ready:
        break
    if peer in ready:
        data = peer.recv(65536)
        if not data:
            break
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    if sys.stdin.buffer in ready:
        data = sys.stdin.buffer.raw.read(65536)
        if data:
            peer.sendall(data)
        else:
            watched.remove(sys.stdin.buffer)
            if "-N" in options:
                peer.shutdown(socket.SHUT_WR)
"""


class Wrong:
    """Judges as usual, but that nothing is ever what the last step of a case expects of it."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._match = step_types.matching()
        self._never = {id(matcher) for case in cases for matcher in last_matchers(case)}

    def __call__(self, observed: object, matcher: Matcher, situation: Situation, where: str) -> Mismatch | None:
        if id(matcher) in self._never:
            return Mismatch(where, "is something else", observed, NOWHERE)
        return self._match(observed, matcher, situation, where)


def last_matchers(case: Case) -> list[Matcher]:
    """The matchers of the last step that has any."""
    found: list[Matcher] = []
    for step in case.body.steps:
        for one in (step, *inside(step, step_types.by_name())):
            for group in (one.checks.expect, one.checks.should):
                if group is not None:
                    found = matchers(group)
    return found


def matchers(group: Group) -> list[Matcher]:
    return [one.matcher for one in group.expectations] + [each for one in group.any_of for each in matchers(one)]


class Results:
    """Keeps the events of a session."""

    def __init__(self) -> None:
        self.found: list[JobResult] = []

    def target(self, target: Target, state: str, detail: str = "") -> None:
        pass

    def comparing(self, cells: int) -> None:
        """Nothing is run to be compared."""

    def take(self, event: ResultEvent) -> None:
        self.found.append(event.result)


def failures(options: RunOptions, chosen: Sequence[str] = (), paths: Sequence[Path] = ()) -> list[JobResult]:
    """The results of cases of specs on some targets, each failing at its last step. ``chosen`` are addresses' ends."""
    engine = Engine(find())
    loaded = engine.load(list(paths) or [engine.project_paths.specs], whole=True)
    cases = loaded.whole
    wanted = [case for case in cases if not chosen or case.address.endswith(tuple(chosen))]
    jobs = launch.jobs_of(engine, wanted, options)
    results = Results()
    runner = Runner(step_types.by_name(), Wrong(wanted), open_channel, "nonce")
    with tempfile.TemporaryDirectory() as folder:
        runtime = wiring.runtime(engine, Path(folder))
        launch.until_stopped(RunSession(jobs, runtime, runner, None, [results], wiring.limits(engine)).run())
    return results.found


def free_port() -> int:
    """A port of as many digits as the printed commands have."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port > 9999:
            return port


@contextmanager
def tools() -> Iterator[dict[str, str]]:
    """The environment in which the commands run: this engine's, and an nc."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        if shutil.which("nc", path=path) is None:
            stand_in = Path(folder) / "nc"
            stand_in.write_text(f"#!{sys.executable}\n{STAND_IN}")
            stand_in.chmod(0o755)
            path = f"{folder}:{path}"
        yield {**os.environ, "PATH": path}


def brought_back(results: Sequence[JobResult], folder: Path) -> list[bytes]:
    """The output of the last command of each result. All have the same first command. The commands are executed as
    printed, apart from the port, which another test may have."""
    port = str(free_port())
    serve = results[0].reproduce.partition("\n")[0].replace("18000", port)
    found: list[bytes] = []
    with tools() as env:
        server = subprocess.Popen(
            ["sh", "-c", f"exec {serve}"],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert server.stdout is not None
            output = ""
            while "Ctrl-C ends it" not in output:
                line = server.stdout.readline()
                assert line, output
                output += line
            for result in results:
                said = b""
                for command in result.reproduce.replace("18000", port).split("\n")[1:]:
                    typed = ["sh", "-c", command]
                    ran = subprocess.run(typed, cwd=folder, env=env, stdout=subprocess.PIPE, timeout=60, check=False)
                    said = ran.stdout
                found.append(said)
        finally:
            server.terminate()
            server.communicate(timeout=30)
        assert server.returncode == 0
    return found


def received(result: JobResult) -> bytes:
    """The transcript's bytes received on the last connection used by a step; the engine's own are ignored."""
    assert result.transcript is not None
    wire = [one for one in result.transcript.events if one.side is Side.WIRE]
    subject = [one.subject for one in wire if one.what == "sent" and b"-sentinel-" not in one.data][-1]
    came = b"".join(one.data for one in wire if one.what == "received" and one.subject == subject)
    return unchunked(came) if "\ncurl " in result.reproduce else came


def unchunked(response: bytes) -> bytes:
    """A response as curl shows it."""
    head, _, body = response.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return response
    content = b""
    while body and not body.startswith(b"0\r\n"):
        size, _, rest = body.partition(b"\r\n")
        content += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return head + b"\r\n\r\n" + content


VARIES = (
    (re.compile(rb"(?i)(date: )[^\r\n]+"), rb"\1DATE"),
    (re.compile(rb"127\.0\.0\.1:\d+"), b"HERE"),
    (
        re.compile(rb'("(?:client|server|\w*port|startup_time)": ?)(?:\[[^\]]*\]|"?[\d.]+"?)', re.IGNORECASE),
        rb"\1VARIES",
    ),
)


def comparable(data: bytes) -> bytes:
    """Bytes without what differs from one time to the next, and without the head's length of a body that does."""
    for pattern, word in VARIES:
        data = pattern.sub(word, data)
    return re.sub(rb"(?i)(content-length: )\d+", rb"\1LENGTH", data) if b"VARIES" in data else data
