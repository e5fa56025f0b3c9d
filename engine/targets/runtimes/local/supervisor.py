"""The parent of one target's processes, so that nothing of them outlives the engine, however the engine ends.

Run as ``python -I -S supervisor.py``: standard library only, small, and quick to start. It speaks JSON lines.

In, on standard input: first what to start, then commands.

    {"argv": [...], "env": {...}, "cwd": "...", "log": "...", "fds": [7], "grace": 3.0, "remove": "..." or null}
    {"do": "signal", "number": 15}       to the main process
    {"do": "look"}                       see whether the main process has ended
    {"do": "stop", "grace": 3.0}         end everything now

Out, on standard output:

    {"event": "started", "pid": 4711}
    {"event": "failed", "error": "..."}          it could not be started at all
    {"event": "exit", "at": 17.25, "status": 0} or {"event": "exit", "at": 17.25, "signal": 9}    at: time.monotonic()
    {"event": "looked"}                          after the exit, if there was one
    {"event": "gone", "left": []}                after a stop; ``left`` are pids that could not be ended

End of file on standard input means that the engine is gone, or done: the target is ended if it still runs, ``remove``
is deleted, and the supervisor ends. To end is: TERM to the main process, a deadline, KILL to whatever is left.
Processes that the target let go of come back to the supervisor on Linux (it is their subreaper) and are ended as well;
elsewhere the main process's group is what can be reached.

Only the supervisor's own children are ever sent a KILL by their pid: a child that has not been waited for keeps its
pid, so that no stranger can have it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress

LINUX = sys.platform == "linux"
PR_SET_CHILD_SUBREAPER = 36
# The time that processes may take to end after a KILL; only one stuck in the kernel takes longer.
KILLED_WITHIN = 5.0


def become_subreaper() -> None:
    """Make orphaned processes of a target children of this one (Linux; see prctl(2))."""
    if LINUX:
        import ctypes  # noqa: PLC0415 (nobody else needs it, and it takes a third of the start)

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def say(event: dict[str, object]) -> None:
    """Send a message to the engine, if it still exists."""
    with suppress(OSError):
        os.write(1, json.dumps(event).encode() + b"\n")


def spawn(spec: dict[str, object]) -> int:
    """Start the target in a session of its own. Returns its pid. Raises OSError if it cannot be started.

    The child reports errors before exec through a pipe; the pipe's end at exec means success.
    """
    argv, env, fds = spec["argv"], spec["env"], spec["fds"]
    assert isinstance(argv, list)
    assert isinstance(env, dict)
    assert isinstance(fds, list)
    log = os.open(str(spec["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            if write_end < 3:
                raise OSError(errno.EBADF, "standard streams are closed")
            os.dup2(nothing, 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            for descriptor in fds:
                os.set_inheritable(descriptor, True)
            os.chdir(str(spec["cwd"]))
            os.execve(argv[0], argv, env)
        except OSError as error:
            os.write(write_end, f"{error.strerror}: {error.filename or argv[0]}".encode())
        finally:
            os._exit(127)
    os.close(write_end)
    os.close(log)
    os.close(nothing)
    # The listening socket must end with the server, so that a client is refused once it is gone.
    for descriptor in fds:
        os.close(descriptor)
    trouble = b""
    while piece := os.read(read_end, 4096):
        trouble += piece
    os.close(read_end)
    if trouble:
        os.waitpid(pid, 0)
        raise OSError(trouble.decode("utf-8", "replace"))
    return pid


def send(pid: int, number: int) -> None:
    """Send a signal to a process, or to the group -pid; whoever is gone, or not ours to signal, gets none."""
    with suppress(OSError):
        os.kill(pid, number)


def children() -> list[int]:
    """The pids of this process's children, on Linux; without those that have ended and wait to be reaped."""
    found: list[int] = []
    me = str(os.getpid())
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="latin-1") as file:
                    # The name of the program stands in parentheses and may hold anything.
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if parent == me and state not in "ZX":
                found.append(int(name))
    return found


class Supervisor:
    """One target: its main process, and the commands about it."""

    def __init__(self, spec: dict[str, object], rest: bytes, bell: int) -> None:
        """``rest`` is what arrived on standard input after the first line, ``bell`` the pipe that signals write to."""
        self.spec = spec
        self.buffer = rest
        self.bell = bell
        self.pid = 0
        self.main_runs = False
        self.deserted = False
        self.grace = float(str(spec.get("grace", 3.0)))
        self.asked_to_stop = False

    def run(self) -> None:
        """Start the target, watch it until the end, and clear up."""
        try:
            self.pid = spawn(self.spec)
        except OSError as error:
            say({"event": "failed", "error": str(error)})
        else:
            self.main_runs = True
            say({"event": "started", "pid": self.pid})
        self.obey()
        while not (self.deserted or self.asked_to_stop):
            self.wait(None)
        left = self.end()
        say({"event": "gone", "left": left})
        # The engine still reads what the target left in its folder; it says by closing the pipe that it has.
        while not self.deserted:
            self.wait(None)
        folder = self.spec.get("remove")
        if folder:
            import shutil  # noqa: PLC0415 (likewise)

            shutil.rmtree(str(folder), ignore_errors=True)

    def wait(self, seconds: float | None) -> None:
        """Wait until the engine says something, a child ends, or the time is over; and take it in."""
        watched = [self.bell] if self.deserted else [self.bell, 0]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self.bell in ready:
            os.read(self.bell, 4096)
        self.reap()
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                self.deserted = True
            self.buffer += data
            self.obey()

    def obey(self) -> None:
        """Do what whole lines ask for."""
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            command = json.loads(line)
            if command["do"] == "signal" and self.main_runs:
                send(self.pid, int(command["number"]))
            elif command["do"] == "look":
                self.reap()
                say({"event": "looked"})
            elif command["do"] == "stop":
                self.grace = float(command["grace"])
                self.asked_to_stop = True

    def reap(self) -> bool:
        """Reap every child that has ended, and report the main process. Returns True if children are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.pid:
                self.main_runs = False
                code = os.waitstatus_to_exitcode(status)
                how = {"status": code} if code >= 0 else {"signal": -code}
                say({"event": "exit", "at": time.monotonic(), **how})

    def end(self) -> list[int]:
        """End the main process and everything that came of it. The pids that could not be ended."""
        if self.main_runs:
            send(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + self.grace
            while self.main_runs and (left := deadline - time.monotonic()) > 0:
                self.wait(left)
        if self.pid and (self.main_runs or not LINUX):
            send(-self.pid, signal.SIGKILL)
        deadline = time.monotonic() + KILLED_WITHIN
        while self.reap() and time.monotonic() < deadline:
            # Children of a killed child are adopted in turn, so repeat until there are none.
            for pid in children() if LINUX else []:
                send(pid, signal.SIGKILL)
            self.wait(0.02)
        return children() if LINUX else []


def main() -> None:
    """Read what to start, and see it through."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    fcntl.fcntl(write_end, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    # The engine handles Ctrl-C and hangups of the terminal; it then stops this process, or is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    buffer = b""
    while b"\n" not in buffer:
        data = os.read(0, 65536)
        if not data:
            return
        buffer += data
    line, _, rest = buffer.partition(b"\n")
    become_subreaper()
    supervisor = Supervisor(json.loads(line), rest, read_end)

    def on_signal(number: int, frame: object) -> None:
        supervisor.asked_to_stop = supervisor.deserted = True

    signal.signal(signal.SIGTERM, on_signal)
    supervisor.run()


if __name__ == "__main__":
    main()
