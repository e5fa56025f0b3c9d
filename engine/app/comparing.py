"""The two sides of a comparison: two runs, or two servers or frameworks of one run, which may be a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    canonical,
    compare,
    configurations,
    framework_configurations,
    frameworks,
    servers,
    sides,
)
from engine.results.analysis.redaction import redacted_texts
from engine.results.analysis.summary import plural
from engine.results.record.store import FILE, Run
from engine.targets.catalog.releases import FRAMEWORK, wanted
from engine.targets.matrix.selection import configured, configured_frameworks

FORMS = "\n  ".join(
    (
        "engine compare RUN RUN                               two runs, such as last~1 last",
        "engine compare RUN --server SERVER --server SERVER   two servers of a run",
        "engine compare --server SERVER --server SERVER       run the cases on two servers",
        "engine compare --framework NAME --framework NAME     run the cases on two frameworks",
    )
)
"""The forms of the command, for a hint."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The words of a command line by sort: existing runs, and suites and cases to run."""

    runs: tuple[Run, ...]
    words: tuple[str, ...]


def subject(words: Sequence[str], project_paths: ProjectPaths) -> Subject:
    """Distinguish runs from suites and cases. Raises UsageError for a run that is not there, ResultsError for one that
    cannot be read."""
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


def of_runs(runs: Sequence[Run], engine: Engine, options: RunOptions, *, strict: bool = False) -> Comparison:
    """The comparison of two runs, or of two servers or frameworks of one, with secrets masked. Raises UsageError for
    anything else."""
    runs = [redacted_texts(run) for run in runs]
    if len(runs) == 2 and not options.servers:
        before, after = sides(runs[0], runs[1], part_of(options))
        return compare(before, after, strict=strict)
    if len(runs) != 1:
        servers_too = f" and {plural(len(options.servers), 'server')}" if options.servers else ""
        raise UsageError(f"a comparison has two sides, not {plural(len(runs), 'run')}{servers_too}", hint=FORMS)
    before, after = of_one(runs[0], engine, options)
    return compare(before, after, strict=strict)


def of_one(run: Run, engine: Engine, options: RunOptions) -> tuple[ComparedRun, ComparedRun]:
    """The two servers or the two frameworks of a run that were asked for, or the two that it has."""
    of_servers, of_frameworks = configurations(run), framework_configurations(run)
    if len(options.servers) == 2:
        return servers(run, *named(engine, options), part_of(options))
    if len(options.frameworks) == 2 and (options.servers or len(of_servers) != 2):
        before, after = named_frameworks(engine, options)
        return frameworks(run, before, after, part_of(options, frameworks=False))
    if not options.servers and len(of_servers) == 2:
        return servers(run, of_servers[:1], of_servers[1:], part_of(options))
    # Two releases of one framework were run to be compared; two frameworks rarely were.
    releases = len(of_frameworks) == 2 and len({row.framework for row in run.targets}) == 1
    if not options.servers and not options.frameworks and len(of_servers) == 1 and releases:
        return frameworks(run, of_frameworks[:1], of_frameworks[1:])
    if options.servers:
        named(engine, options)  # raises, since they are not two
    hint = f"select two with --server: {', '.join(of_servers)}"
    if len(of_servers) == 1:
        hint = "a second run or a run of two servers is needed:\n  " + FORMS
    raise UsageError(f"a comparison needs two servers, and {run.id} has {len(of_servers)}", hint=hint)


def check(engine: Engine, options: RunOptions) -> None:
    """Raise UsageError unless a new run can compare what was asked for: two servers, or two frameworks under one."""
    if len(options.frameworks) == 2 and len(options.servers) < 2:
        named_frameworks(engine, options)
    else:
        named(engine, options)


def named(engine: Engine, options: RunOptions) -> tuple[list[str], list[str]]:
    """The two servers that were asked for, each as the configurations that its word stands for. Raises UsageError where
    they are not two."""
    if len(options.servers) != 2:
        counts = (plural(len(options.servers), "server"), plural(len(options.frameworks), "framework"))
        given = [text for text in counts if not text.startswith("0 ")]
        got = f", not {' and '.join(given)}" if given else ""
        raise UsageError(f"`engine compare` needs two runs, two servers or two frameworks{got}", hint=FORMS)
    before, after = halves(engine, options, options.servers[:1])
    if not after:
        raise UsageError(f"{options.servers[0]} and {options.servers[1]} are the same", hint="name two releases")
    return before, after


def halves(engine: Engine, options: RunOptions, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The configurations of the servers of a run: those that the first ``words`` of ``--server`` stand for, and all
    others."""
    both = [one.configuration for one in configured(engine.servers, options.servers, options.variants)]
    names = ((text, f"~{text.partition(':')[0].strip()}") for text in options.variants)
    used = tuple(text for text, name in names if any(name in word for word in words))
    before = [one.configuration for one in configured(engine.servers, words, used)]
    left = {canonical(name) for name in before}
    return before, [name for name in both if canonical(name) not in left]


def named_frameworks(engine: Engine, options: RunOptions) -> tuple[list[str], list[str]]:
    """The two frameworks that were asked for, as in ``Target.framework_configuration``. Raises UsageError where they
    are one."""
    first, second = options.frameworks
    before, after = framework_halves(engine, options, [first])
    if not after:
        raise UsageError(f"{first} and {second} are the same", hint="name two releases, such as NAME==VERSION and NAME")
    return before, after


def framework_halves(engine: Engine, options: RunOptions, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The configurations of the frameworks of a run: those of the first ``words`` of ``--framework``, and all
    others."""
    both = [one.configuration for one in configured_frameworks(engine.frameworks, options.frameworks)]
    before = [one.configuration for one in configured_frameworks(engine.frameworks, words)]
    left = {canonical(name) for name in before}
    return before, [name for name in both if canonical(name) not in left]


def of_change(
    run: Run, engine: Engine, options: RunOptions, base: Sequence[str], *, of_server: bool, strict: bool = False
) -> Comparison:
    """The comparison of a checkout and its base in one run, with secrets masked. ``base`` are the words of the base,
    which are the first of the options; each is compared with the checkout under the same name. Raises UsageError where
    both are the same."""
    run = redacted_texts(run)
    before, after = halves(engine, options, base) if of_server else framework_halves(engine, options, base)
    if not after:
        raise UsageError(f"the checkout is {', '.join(base)} itself", hint="--against names something else")
    if of_server:
        variants = len({wanted(word).name for word in base}) < len(base)
        return compare(*servers(run, before, after, part_of(options), variants=variants), strict=strict)
    part = part_of(options, frameworks=False)
    return compare(*frameworks(run, before, after, part), strict=strict)


def everything(options: RunOptions) -> RunOptions:
    """Options by which two runs are compared as a whole: the servers and frameworks of a new run are those that it
    has."""
    return replace(options, servers=(), frameworks=(), loop="auto")


def part_of(options: RunOptions, *, frameworks: bool = True) -> RunSelection:
    """The part of a run that was asked for: of some servers if frameworks are compared, else of some frameworks."""
    loops = () if options.loop in ("auto", "both") else (options.loop,)
    if frameworks:
        return RunSelection([word_of(text) for text in options.frameworks], loops, options.selection.takes)
    return RunSelection((), loops, options.selection.takes, list(options.servers))


def word_of(framework: str) -> str:
    """A word of ``--framework`` as in ``Target.framework_configuration``. Raises UsageError."""
    one = wanted(framework, FRAMEWORK)
    return one.name + one.release.word
