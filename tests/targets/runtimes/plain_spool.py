"""A spool for these tests: enough of one to see which calls arrived, without the engine's own reading of records."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from engine.model.boundary import AppCall


class PlainSpool:
    """Keeps ``engine.model.protocols.Boundary`` as far as a runtime uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("records", "scripts", "ports", "marks"):
            (folder / name).mkdir(parents=True)
        self.seen: list[AppCall] = []
        self.refreshed = 0
        self.closed = False

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        return f"{job}.{call}" + (" after" if keep_scope_after else "")

    def stage(self, job: str, script: object) -> None:
        (self.folder / "scripts" / f"{job}.json").write_text(json.dumps(script))

    def expect_peer(self, address: tuple[str, int], job: str) -> None:
        raise NotImplementedError

    def mark(self, job: str, name: str) -> None:
        (self.folder / "marks" / f"{job}.{name}").touch()

    def marked(self, job: str, name: str) -> bool:
        return (self.folder / "marks" / f"{job}.{name}").exists()

    def refresh(self) -> None:
        self.refreshed += 1
        calls: dict[tuple[str, int], AppCall] = {}
        for file in sorted((self.folder / "records").glob("*")):
            for line in file.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    fold(json.loads(line), file.stem, calls)
        self.seen = list(calls.values())

    def calls(self, *, token: str = "", peer: tuple[str, int] | None = None, since: float = 0.0) -> list[AppCall]:
        return [call for call in self.seen if call.token == token]

    def lifespans(self) -> list[AppCall]:
        return [call for call in self.seen if call.type == "lifespan"]

    def strays(self, since: float) -> list[AppCall]:
        return []

    def send_raised(self, job: str) -> tuple[str, ...]:
        return ()

    @property
    def lost(self) -> int:
        return 0

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        self.closed = True

    def finish(self, job: str) -> None:
        raise NotImplementedError


def fold(record: dict[str, object], stem: str, calls: dict[tuple[str, int], AppCall]) -> None:
    """Take one record into the calls."""
    kind, number = record["k"], record.get("c")
    if not isinstance(number, int):
        return
    at = float(str(record["t"]))
    if kind == "call":
        scope = record["scope"]
        assert isinstance(scope, dict)
        calls[stem, number] = AppCall(
            key=f"{stem}.{number}", token=str(record["token"]), peer=None, pid=int(stem), loop=str(record["loop"]),
            started=at, scope=scope,
        )  # fmt: skip
    elif kind == "end":
        raised, message = str(record.get("raised") or ""), str(record.get("message") or "")
        calls[stem, number] = dataclasses.replace(
            calls[stem, number], ended=at, returned=bool(record["returned"]), raised=raised or None, message=message
        )
