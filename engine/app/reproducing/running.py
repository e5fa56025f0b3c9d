"""Running a reproduction in a fresh environment, without the engine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EnvironmentFailed, UsageError
from engine.reproduce.parts.wire import connected
from engine.reproduce.unroll.client import SOCKET
from engine.targets.environments.packages import find_uv, uv_environment

SHOWS, GONE, UNKNOWN = 1, 0, 2
WORDS = {SHOWS: "the fault shows", GONE: "the fault does not show", UNKNOWN: "the result is unknown"}
READY_WITHIN = 30.0
# Some servers listen before the application has started, and end if it does not.
SETTLE = 0.3
# A client has its own time limit; this one is for a client that hangs.
MOST = 180.0


@dataclass(frozen=True)
class Outcome:
    """The outcome of a reproduction: the exit status of its client, and what client and server wrote."""

    status: int
    output: str
    log: str = ""

    @property
    def shows(self) -> bool:
        """True if the fault shows."""
        return self.status == SHOWS

    @property
    def words(self) -> str:
        """The outcome as a sentence without its stop."""
        return WORDS.get(self.status, f"the client ended with the exit status {self.status}")


def prepare(folder: Path, say: Callable[[str], None]) -> None:
    """Create the environment of a reproduction, unless it has one. Raises EnvironmentFailed, UsageError."""
    if not (folder / "client.py").exists():
        raise UsageError(f"{folder} has no client.py", hint="its README says which part of the case it lacks")
    python = folder / ".venv" / "bin" / "python"
    if not python.exists():
        say(f"creating the environment in {folder / '.venv'}")
        uv = find_uv()
        call([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, ".venv"], folder)
        requirements = ["--requirements", "requirements.txt"]
        if (folder / "requirements.txt").read_text("utf-8").strip():
            call([uv, "pip", "install", "--quiet", "--python", str(python.absolute()), *requirements], folder)
    if (folder / "certificates.py").exists() and not (folder / "ca.pem").exists():
        call([str(python.absolute()), "certificates.py"], folder)


def call(words: list[str], folder: Path) -> None:
    """Run a command. Raises EnvironmentFailed with its last lines."""
    done = subprocess.run(words, cwd=folder, env=uv_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        output = (done.stdout + done.stderr).strip().split("\n")
        log = "\n".join(output[-12:])
        what = "the certificates" if "certificates.py" in words else f"the environment {folder / '.venv'}"
        raise EnvironmentFailed(f"{what} cannot be created", hint=f"the last output of {words[0]}:\n{log}", log=log)


def run(folder: Path, say: Callable[[str], None] = lambda text: None) -> Outcome:
    """Create the environment, start the server, and run the client. Raises EnvironmentFailed, UsageError."""
    prepare(folder, say)
    source = (folder / "client.py").read_text("utf-8")
    own = "server = Server()" in source or not (folder / "run.sh").exists()
    port = free_ports(2)
    variables = environment(port)
    server: subprocess.Popen[bytes] | None = None
    log = folder / "server.log"
    try:
        if not own:
            with log.open("wb") as file:
                server = subprocess.Popen(
                    ["./run.sh"], cwd=folder, env=variables, stdout=file, stderr=file, start_new_session=True
                )
            # Behind nginx, the server has the next port.
            if not accepts(server, [port, port + 1] if (folder / "nginx.conf.in").exists() else [port]):
                text = log.read_text("utf-8", "replace")
                return Outcome(UNKNOWN, f"the server accepted no connection within {READY_WITHIN:g} s", text)
        python = str((folder / ".venv" / "bin" / "python").absolute())
        client = subprocess.Popen(
            [python, "client.py"], cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        )  # fmt: skip
        try:
            output, _ = client.communicate(timeout=MOST)
        except subprocess.TimeoutExpired:
            end(client)
            return Outcome(UNKNOWN, f"the client was not over after {MOST:g} s", text_of(log))
        status = client.returncode if "Traceback (most" not in output else UNKNOWN
        if server is not None and server.poll() is not None:
            # It may have listened before it failed to start, and every connection was broken.
            status, output = UNKNOWN, f"{output}the server ended meanwhile\n"
        return Outcome(status, output, text_of(log))
    finally:
        if server is not None:
            end(server)
        # Some servers leave their socket.
        Path(SOCKET.format(port=port)).unlink(missing_ok=True)


def environment(port: int) -> dict[str, str]:
    """The environment of client and server: nothing of the engine's, and nothing of its user's."""
    kept: Mapping[str, str] = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    path = os.environ.get("PATH", os.defpath)
    return {**kept, "PATH": path, "LANG": "C.UTF-8", "PORT": str(port), "UPSTREAM": str(port + 1)}


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    while True:
        sockets: list[socket.socket] = []
        try:
            first = socket.create_server(("127.0.0.1", 0))
            sockets.append(first)
            start = int(first.getsockname()[1])
            sockets += [socket.create_server(("127.0.0.1", start + more)) for more in range(1, count)]
            return start
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()


def accepts(server: subprocess.Popen[bytes], ports: Sequence[int]) -> bool:
    """Wait until the server accepts connections, at each of the ports. Returns False if it ends before, or takes too
    long."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        if all(accepts_anywhere(port) for port in ports):
            time.sleep(SETTLE)
            return server.poll() is None
        time.sleep(0.02)
    return False


def accepts_anywhere(port: int) -> bool:
    """True if something accepts connections at one of the addresses that a server of a reproduction may have."""
    for address in (("127.0.0.1", port), ("::1", port), (SOCKET.format(port=port), 0)):
        with suppress(OSError):
            connected(address, 1.0).close()
            return True
    return False


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a process and all of its group."""
    for number, wait in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait)
    process.wait()


def text_of(log: Path) -> str:
    """The text of a log, "" if there is none."""
    return log.read_text("utf-8", "replace") if log.exists() else ""
