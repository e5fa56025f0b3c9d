"""The two sides of a comparison: two runs, two servers of a run, or a new run of two servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import ProjectPaths
from engine.app.run_ids import folder_of
from engine.app.runs import ID, LAST, again
from engine.errors import UsageError
from engine.results.analysis.comparison import (
    ComparedRun,
    Comparison,
    RunSelection,
    compare,
    configurations,
    servers,
    sides,
)
from engine.results.record.store import FILE, Run
from engine.targets.matrix.selection import configured

FORMS = "two runs, a run with two servers, or two times --server and no run"


@dataclass(frozen=True, slots=True)
class Subject:
    """The words of a command line, told apart: runs that are there, and suites and cases to run."""

    runs: tuple[Run, ...]
    words: tuple[str, ...]


def subject(words: Sequence[str], project_paths: ProjectPaths) -> Subject:
    """Tell runs from suites and cases. Raises UsageError for a run that is not there, ResultsError for one that cannot
    be read."""
    runs: list[Run] = []
    others: list[str] = []
    for word in words:
        if is_run(word, project_paths):
            runs.append(again(word, project_paths))
        else:
            others.append(word)
    return Subject(tuple(runs), tuple(others))


def is_run(word: str, project_paths: ProjectPaths) -> bool:
    """True if a word names a run: ``last``, its folder or its file, or what has an id's form."""
    path = Path(word)
    if LAST.fullmatch(word) or ID.fullmatch(word) or path.suffix == ".ndjson":
        return True
    return any((folder / FILE).is_file() for folder in (path, folder_of(project_paths.results, word)))


def of_runs(runs: Sequence[Run], engine: Engine, asked: RunOptions, *, strict: bool = False) -> Comparison:
    """The comparison of two runs, or of two servers of one. Raises UsageError for anything else."""
    if len(runs) == 2 and not asked.servers:
        before, after = sides(runs[0], runs[1], part_of(asked))
        return compare(before, after, strict=strict)
    if len(runs) != 1:
        raise UsageError(f"these are {len(runs)} runs and {len(asked.servers)} servers", hint=f"compared are {FORMS}")
    before, after = of_servers(runs[0], engine, asked)
    return compare(before, after, strict=strict)


def of_servers(run: Run, engine: Engine, asked: RunOptions) -> tuple[ComparedRun, ComparedRun]:
    """The two servers of a run that were asked for, or the two that it has."""
    if not asked.servers:
        names = configurations(run)
        if len(names) != 2:
            hint = f"name two with --server; it has {', '.join(names)}"
            raise UsageError(f"{run.id} has {len(names)} servers, and two are compared", hint=hint)
        return servers(run, names[:1], names[1:], part_of(asked))
    before, after = named(engine, asked)
    return servers(run, before, after, part_of(asked))


def named(engine: Engine, asked: RunOptions) -> tuple[list[str], list[str]]:
    """The two servers that were asked for, each as the configurations that its word stands for. Raises UsageError where
    they are not two."""
    if len(asked.servers) != 2:
        raise UsageError(f"--server was given {len(asked.servers)} times, and two are compared", hint=FORMS)
    both = [one.configuration for one in configured(engine.servers, asked.servers, asked.variants)]
    used = tuple(text for text in asked.variants if f"~{text.partition(':')[0].strip()}" in asked.servers[0])
    before = [one.configuration for one in configured(engine.servers, asked.servers[:1], used)]
    after = [name for name in both if name not in before]
    if not after:
        raise UsageError(f"{asked.servers[0]} and {asked.servers[1]} are the same", hint="name two releases")
    return before, after


def part_of(asked: RunOptions) -> RunSelection:
    """The part of a run that was asked for."""
    loops = () if asked.loop in ("auto", "both") else (asked.loop,)
    return RunSelection(asked.frameworks, loops, asked.selection.takes)
