"""The logs that a run's targets wrote."""

from __future__ import annotations

import codecs
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ResultsError, UsageError
from engine.registry import nearest
from engine.results.record.store import ends

# The end of a log, in bytes, in which its last lines are looked for.
END = 1024 * 1024
EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Log:
    """One log: the target's id, with a number behind it for each further process of that target; its file."""

    name: str
    path: Path

    @property
    def size(self) -> int:
        """Its bytes, 0 where it is gone."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


def logs(folder: Path) -> list[Log]:
    """A run's logs, by target and number."""
    found = [Log(path.name.removesuffix(".log"), path) for path in (folder / "logs").glob("*.log")]
    return sorted(found, key=lambda log: (log.name.partition(".")[0], len(log.name), log.name))


def log_of(name: str, folder: Path) -> Log:
    """The log of a target, by its id, or by its framework's name where the run has one target of that. Raises
    UsageError, which names the nearest, where the run has none of it."""
    found = {log.name: log for log in logs(folder)}
    of_framework = [one for one in found if f"-{name}-" in one and not one.startswith("probe-") and not numbered(one)]
    if name not in found and len(of_framework) == 1:
        return found[of_framework[0]]
    if name not in found and of_framework:
        hint = "which one: " + ", ".join(of_framework)
        raise UsageError(f"the run {folder.name} has several logs of {name!r}", hint=hint)
    if name not in found:
        hint = nearest(name, found) or "no target of it was started"
        raise UsageError(f"the run {folder.name} has no log of {name!r}", hint=hint)
    return found[name]


def numbered(name: str) -> bool:
    """True if a log's name has a number behind the target's id, or is a gateway's."""
    last = name.rpartition(".")[2]
    return last.isdigit() or last == "gateway"


def last_lines(log: Log, count: int) -> tuple[str, int]:
    """The last ``count`` lines of a log as text, all for 0, and the offset in bytes where it was read up to. Bytes that
    are no UTF-8 are surrogates. Raises ResultsError where it cannot be read."""
    try:
        with log.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - END, 0) if count else 0)
            data = file.read()
            end = file.tell()
    except OSError as error:
        raise ResultsError(f"{log.path} cannot be read: {error.strerror}") from error
    rows = data.splitlines(keepends=True)
    return b"".join(rows[-count:] if count else rows).decode("utf-8", "surrogateescape"), end


def follow(
    log: Log, start: int, over: Callable[[], bool], wait: Callable[[], None] = lambda: time.sleep(EVERY)
) -> Iterator[str]:
    """Yield the text appended after the offset ``start``, until the run is ``over`` and everything has been read."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with log.path.open("rb") as file:
        file.seek(start)
        while True:
            ended = over()
            while data := file.read(65536):
                if text := decoder.decode(data):
                    yield text
            if ended:
                return
            wait()


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """The text of some pieces, cut behind line feeds only: no word is in two parts. The last line may lack its end."""
    rest = ""
    for piece in pieces:
        complete, found, rest = (rest + piece).rpartition("\n")
        if found:
            yield complete + found
    if rest:
        yield rest


def is_over(folder: Path) -> bool:
    """True if a run has its footer, which is its last line."""
    return bool(ends(folder)[1])
