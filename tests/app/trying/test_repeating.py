"""The loop of trials: changes and keys, during a trial and after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

from engine.app.trying.repeating import Keys, repeat
from engine.app.trying.trial import Trial, Trials
from engine.errors import UsageError


class Script:
    """Trials that take as long as a test says, and a display that remembers."""

    def __init__(self, *paths: Path) -> None:
        self.paths = list(paths)
        self.log: list[str] = []
        self.error: UsageError | None = None
        self.lasts = 0.0
        self.keys = Keys()
        self.began = asyncio.Event()
        self.waits = asyncio.Event()

    def watched(self) -> list[Path]:
        return self.paths

    async def run(self, shown: Callable[[Trial], None]) -> Trial:
        self.began.set()
        try:
            await asyncio.sleep(self.lasts)
        except asyncio.CancelledError:
            self.log.append("cancelled")
            raise
        found = Trial(error=self.error)
        if self.error is None:
            shown(found)
        return found

    async def tend(self) -> None:
        self.log.append("tended")

    async def drop(self) -> None:
        self.log.append("dropped")

    def begin(self, number: int, cause: str) -> None:
        self.log.append(f"{number} {cause}".strip())

    def show(self, trial: Trial) -> None:
        self.log.append("shown")

    def wait(self, watched: Sequence[Path]) -> None:
        self.waits.set()

    def missing(self, path: Path) -> None:
        self.log.append(f"missing {path.name}")
        self.waits.set()

    def task(self) -> asyncio.Task[None]:
        return asyncio.create_task(repeat(cast(Trials, self), self, self.keys))

    async def waiting(self) -> None:
        await asyncio.wait_for(self.waits.wait(), 10)
        self.waits.clear()


def test_again_after_a_key_and_a_change_until_q(tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text("1")

    async def story() -> None:
        script = Script(file)
        task = script.task()
        await script.waiting()
        script.keys.take("x")
        script.keys.take("\n")
        await script.waiting()
        file.write_text("22")
        await script.waiting()
        script.keys.take("q")
        await asyncio.wait_for(task, 10)
        runs = [line for line in script.log if line[0].isdigit()]
        assert runs[:2] == ["1", "2 Enter"]
        assert len(runs) == 3
        assert runs[2].endswith("case.yaml changed")

    asyncio.run(story())


def test_a_change_during_a_trial_cancels_it_and_drops_its_targets(tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text("1")

    async def story() -> None:
        script = Script(file)
        script.lasts = 60.0
        task = script.task()
        await asyncio.wait_for(script.began.wait(), 10)
        script.lasts = 0.0
        file.write_text("22")
        await script.waiting()
        script.keys.take("q")
        await asyncio.wait_for(task, 10)
        assert [line for line in script.log if not line.startswith("2 ")] == [
            "1", "cancelled", "dropped", "shown", "tended",
        ]  # fmt: skip

    asyncio.run(story())


def test_q_and_a_cancellation_end_a_trial() -> None:
    async def story() -> None:
        for cancelled in (False, True):
            script = Script()
            script.lasts = 60.0
            task = script.task()
            await asyncio.wait_for(script.began.wait(), 10)
            if cancelled:
                task.cancel()
            else:
                script.keys.take("q")
            await asyncio.wait([task], timeout=10)
            assert task.done()
            assert task.cancelled() is cancelled
            assert "cancelled" in script.log

    asyncio.run(story())


def test_a_case_that_does_not_exist_ends_the_first_trial_only() -> None:
    async def story() -> None:
        script = Script()
        script.error = UsageError("there is no case")
        with pytest.raises(UsageError):
            await script.task()
        assert script.log == ["1"], "the command reports it, and nothing else does"
        script = Script()
        task = script.task()
        await script.waiting()
        script.error = UsageError("there is no case")
        script.keys.take("\n")
        await script.waiting()
        assert script.log[-2:] == ["2 Enter", "shown"] or script.log[-3:-1] == ["2 Enter", "shown"]
        script.keys.take("q")
        await asyncio.wait_for(task, 10)

    asyncio.run(story())
