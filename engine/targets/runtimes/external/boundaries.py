"""Boundaries of services that the engine did not start: one that nobody reports from, and one that is shared."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.boundary import AppCall
from engine.model.protocols import Boundary

Peer = tuple[str, int]


class Unseen:
    """The boundary of a service whose observer writes where the engine cannot read: nothing is ever seen of it. It
    keeps ``engine.model.protocols.Boundary``, so that the engine's header goes out all the same."""

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        del keep_scope_after
        return f"{job}.{call}"

    def stage(self, job: str, script: object) -> None: ...

    def expect_peer(self, address: Peer, job: str) -> None: ...

    def mark(self, job: str, name: str) -> None: ...

    def marked(self, job: str, name: str) -> bool:
        del job, name
        return False

    def refresh(self) -> None: ...

    def calls(self, *, token: str = "", peer: Peer | None = None, since: float = 0.0) -> list[AppCall]:
        del token, peer, since
        return []

    def lifespans(self) -> list[AppCall]:
        return []

    def strays(self, since: float) -> list[AppCall]:
        del since
        return []

    def send_raised(self, job: str) -> tuple[str, ...]:
        del job
        return ()

    @property
    def lost(self) -> int:
        return 0

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    def finish(self, job: str) -> None: ...

    def close(self) -> None: ...


class Shared:
    """A boundary that outlives a run: what earlier runs left there is not taken for this one's.

    Jobs of all runs have the same names, and so they are renamed on their way, with the run's own word before them.
    """

    def __init__(self, inner: Boundary, word: str) -> None:
        """``word`` is of small letters and digits."""
        self._inner = inner
        self._word = word
        inner.refresh()
        self._lost_before = inner.lost

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        return self._inner.token(self._ours(job), call, keep_scope_after=keep_scope_after)

    def stage(self, job: str, script: object) -> None:
        renamed = {**script, "job": self._ours(job)} if isinstance(script, dict) else script
        self._inner.stage(self._ours(job), renamed)

    def expect_peer(self, address: Peer, job: str) -> None:
        self._inner.expect_peer(address, self._ours(job))

    def mark(self, job: str, name: str) -> None:
        self._inner.mark(self._ours(job), name)

    def marked(self, job: str, name: str) -> bool:
        return self._inner.marked(self._ours(job), name)

    def refresh(self) -> None:
        self._inner.refresh()

    def calls(self, *, token: str = "", peer: Peer | None = None, since: float = 0.0) -> list[AppCall]:
        return self._inner.calls(token=token, peer=peer, since=since)

    def lifespans(self) -> list[AppCall]:
        return self._inner.lifespans()

    def strays(self, since: float) -> list[AppCall]:
        return self._inner.strays(since)

    def send_raised(self, job: str) -> tuple[str, ...]:
        return self._inner.send_raised(self._ours(job))

    @property
    def lost(self) -> int:
        return self._inner.lost - self._lost_before

    @property
    def notes(self) -> Sequence[str]:
        return self._inner.notes

    def finish(self, job: str) -> None:
        self._inner.finish(self._ours(job))

    def close(self) -> None:
        self._inner.close()

    def _ours(self, job: str) -> str:
        return f"{self._word}-{job}"
