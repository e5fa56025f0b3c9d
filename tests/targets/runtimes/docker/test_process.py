"""A container as a process: how it ends, what of its words is kept, and that nothing stays where it does not start."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import StartError
from engine.model.target import ExitStatus
from engine.targets.runtimes.docker.process import Container, ended
from tests.targets.runtimes.docker.docker_here import FakeDocker


@pytest.mark.parametrize(
    ("code", "how"),
    [
        (0, ExitStatus(status=0)),
        (3, ExitStatus(status=3)),
        (137, ExitStatus(signal=9)),
        (143, ExitStatus(signal=15)),
        (255, ExitStatus(255)),
    ],
)
def test_a_status_may_be_a_signals(code: int, how: ExitStatus) -> None:
    assert ended(code) == how


def test_it_ends_and_its_words_are_kept(tmp_path: Path) -> None:
    fake, log = FakeDocker(), tmp_path / "log"

    async def run() -> ExitStatus:
        process = await Container.begin(lambda: fake.containers.create("image"), log, ThreadPoolExecutor(2))
        fake.containers.things[0].words = b"cannot be run\n"
        fake.containers.things[0].code = 127
        how = await process.wait()
        assert await process.stop() == how
        await process.release()
        return how

    assert asyncio.run(run()) == ExitStatus(status=127)
    assert log.read_text() == "cannot be run\n"
    assert fake.containers.things == []


def test_one_that_docker_does_not_start_is_removed(tmp_path: Path) -> None:
    fake = FakeDocker()
    fake.containers.refuses_start = "Bind for 127.0.0.1:1 failed: port is already allocated"

    async def run() -> None:
        await Container.begin(lambda: fake.containers.create("image"), tmp_path / "log", ThreadPoolExecutor(2))

    with pytest.raises(StartError, match="could not start a container") as caught:
        asyncio.run(run())
    assert "docker ps" in caught.value.hint
    assert fake.containers.things == []
