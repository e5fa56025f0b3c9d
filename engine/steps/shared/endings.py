"""Waiting for something from the peer, and the ways in which that ends without it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from engine.errors import Reset
from engine.model.phrasing import Worded
from engine.model.quantities import show_time

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a wait without a result.

    ``outcome`` is ``closed``, ``reset`` or ``timeout``; with FastCGI also ``malformed`` or ``unknown_type``. ``within``
    is the time limit in seconds, None for none; ``detail`` is a remark, "" for none.
    """

    outcome: str
    within: float | None = None
    detail: str = ""

    @property
    def actual(self) -> Worded:
        """The outcome as the actual value of a mismatch: equal to the word, shown in full."""
        texts = {
            "closed": "a closed connection",
            "reset": "a reset connection",
            "timeout": f"a timeout after {show_time(self.within or 0.0)}",
            "malformed": "a malformed record",
            "unknown_type": "the record UNKNOWN_TYPE",
        }
        return Worded(texts.get(self.outcome, self.outcome), self.outcome)


async def wait(work: Awaitable[T | None], within: float | None) -> T | Ending:
    """The result of ``work`` within so many seconds, None for no limit. An Ending where the time is over, where the
    peer reset the connection, and where the result is None, which stands for a connection that the peer closed."""
    try:
        async with asyncio.timeout(within):
            found = await work
    except TimeoutError:
        return Ending("timeout", within)
    except Reset:
        return Ending("reset", within)
    return Ending("closed", within) if found is None else found
