"""Running several things at once, so that the first that fails ends them all."""

from __future__ import annotations

import asyncio
from collections import ChainMap
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from engine.steps.api.context import Context


async def all_of(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run coroutines concurrently until all are done. The first exception cancels the others, is waited out, and is
    raised; so is a cancellation from outside."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done and not task.cancelled() and (error := task.exception()) is not None:
            raise error


def own(branch: Context) -> Mapping[str, object]:
    """The variables of a branch itself: its captures and those that it was given, without those of its parent."""
    variables = branch.variables
    return dict(variables.maps[0]) if isinstance(variables, ChainMap) else {}
