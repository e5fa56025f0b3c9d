"""Finding a Docker engine, what is said where there is none, and removing what a run left and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from docker.errors import APIError, DockerException

from engine.errors import EnvironmentFailed
from engine.targets.runtimes.docker.docking import LABEL, RUN, connect, labels, lives, refused, run_word, sweep
from engine.targets.runtimes.docker.reaper import Reaper
from tests.targets.runtimes.docker.docker_here import FakeDocker


def test_an_engine_that_answers_is_used() -> None:
    fake = FakeDocker()
    assert connect(lambda **more: fake) is fake


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        ("('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))", "no Docker engine at", "start"),
        ("('Connection aborted.', PermissionError(13, 'Permission denied'))", "may not use", "group `docker`"),
        ("[Errno 111] Connection refused", "no Docker engine answers", "systemctl"),
        ("something else", "cannot be used", "something else"),
    ],
)
def test_one_that_cannot_be_used_is_told(words: str, what: str, hint: str) -> None:
    def make(**more: object) -> Any:
        raise DockerException(f"Error while fetching server API version: {words}")

    with pytest.raises(EnvironmentFailed, match=what) as caught:
        connect(make)
    assert hint in caught.value.hint
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("write /var/lib/x: no space left on device", "disk"),
        ("Bind for 127.0.0.1:8000 failed: port is already allocated", "docker ps"),
        ("pull access denied for nobody/nothing", "base image"),
        ("lookup registry.invalid: no such host", "base image"),
        ("cannot share the host PID namespace when user namespaces are enabled", "userns-remap"),
        ("a word that nobody knows", "nobody knows"),
    ],
)
def test_a_refusal_says_the_way_out(words: str, hint: str) -> None:
    error = refused("do it", APIError("500 Server Error", explanation=words))
    assert error.what == "Docker could not do it"
    assert hint in error.hint


def test_a_run_lives_as_long_as_its_process() -> None:
    assert lives(run_word())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        word = run_word(process.pid)
        assert lives(word)
        process.communicate(b"\n")
    assert not lives(word)
    assert not lives(f"{os.getpid()}-1"), "a pid that came again is another process"
    assert not lives("nonsense")


def test_only_what_dead_runs_left_is_removed() -> None:
    fake = FakeDocker()
    for shelf in (fake.containers, fake.networks):
        shelf.create("dead", labels=labels("1-0"))
        shelf.create("alive", labels=labels(run_word()))
        shelf.create("strangers", labels={})
        shelf.create("somebody's", labels={RUN: "1-0"})
        shelf.create("an-image's", labels={LABEL: "1"})
    left = sweep(fake, lambda run: not lives(run))
    assert (left.containers, left.networks) == (("dead",), ("dead",))
    assert [one.name for one in fake.containers.things] == ["alive", "strangers", "somebody's", "an-image's"]


def test_ctrl_c_does_not_wait_for_who_clears_up(monkeypatch: pytest.MonkeyPatch) -> None:
    reaper = Reaper("no-run")

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reaper._process, "wait", pressed)
        reaper.close()
    assert reaper._process.wait(20) is not None, "it ends by itself"
