from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.targets.runtimes import usage
from engine.targets.runtimes.usage import take_peak

CHILD = [sys.executable, "-I", "-S", "-c", "import signal; print('here', flush=True); signal.pause()"]


def child() -> subprocess.Popen[bytes]:
    """A process of this one's that is there."""
    process = subprocess.Popen(CHILD, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    process.stdout.close()
    return process


def test_a_process_and_its_children() -> None:
    process = child()
    try:
        found = usage.usage(os.getpid())
        assert found[0].pid == os.getpid()
        assert process.pid in [one.pid for one in found]
        assert all(one.memory > 0 and one.files >= 3 and one.cpu >= 0.0 for one in found)
    finally:
        process.kill()
        process.wait()


def test_what_has_ended_uses_nothing_whether_it_was_waited_for_or_not() -> None:
    process = child()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert usage.usage(process.pid) == []
    assert process.pid not in [one.pid for one in usage.usage(os.getpid())]
    process.wait()
    assert usage.usage(process.pid) == []


def test_descriptors_are_counted() -> None:
    before = usage.usage(os.getpid())[0].files
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(30)]
    try:
        assert usage.usage(os.getpid())[0].files - before == 30
    finally:
        for one in opened:
            os.close(one)


def test_threads_are_counted() -> None:
    before = usage.usage(os.getpid())[0].threads
    told = threading.Event()
    started = [threading.Thread(target=told.wait) for _ in range(5)]
    for one in started:
        one.start()
    try:
        assert usage.usage(os.getpid())[0].threads - before == 5
    finally:
        told.set()
        for one in started:
            one.join()


def test_only_the_family_is_signalled() -> None:
    process, stranger = child(), child()
    try:
        assert not usage.signal(process.pid, stranger.pid, signal.SIGKILL)
        assert stranger.poll() is None
        assert usage.signal(os.getpid(), process.pid, signal.SIGTERM)
        assert process.wait() == -signal.SIGTERM
        assert not usage.signal(os.getpid(), process.pid, signal.SIGTERM)
    finally:
        for one in (process, stranger):
            one.kill()
            one.wait()


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="a record of Linux")
def test_the_peak_is_that_since_it_was_taken_last() -> None:
    size = 64 << 20
    take_peak(os.getpid())
    data = bytearray(size)
    data[:] = b"x" * size
    del data
    high = take_peak(os.getpid())
    low = take_peak(os.getpid())
    assert high is not None
    assert low is not None
    assert high - low > size / 2


def test_there_is_no_peak_of_a_process_that_does_not_exist() -> None:
    assert take_peak(2**22 + 1) is None
