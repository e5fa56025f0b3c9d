"""``engine completion``: the script with which a shell completes commands, options and names.

The script calls ``engine`` itself for each completion, and argcomplete answers from the parser. This module adds the
names that only documents, results and the catalogue have: ``main`` calls ``complete`` before it parses.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from engine.cli.base import Command, project_paths_of

if TYPE_CHECKING:
    from engine.app.engine import Engine

ASKED = "_ARGCOMPLETE"
"""The environment variable that the script sets."""

SHELLS = ("bash", "zsh", "fish")

Names = Callable[["Engine", str], Iterable[str]]
"""Gives the names that may stand in a place of the command line; called with the word that is to be completed."""

DESCRIPTION = """\
Print the script with which a shell completes commands, options, servers,
frameworks, cases, tags and runs. Load it where the shell starts:

  bash  source <(engine completion bash)             in ~/.bashrc
  zsh   source <(engine completion zsh)              in ~/.zshrc, after compinit
  fish  engine completion fish | source              in config.fish"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")


def run(parsed: argparse.Namespace) -> int:
    """Print the script."""
    from argcomplete.shell_integration import shellcode

    sys.stdout.write(shellcode(["engine"], shell=parsed.shell))
    return 0


def servers(engine: Engine, word: str) -> Iterable[str]:
    """The servers, and their variants behind a ``~``."""
    names = [*engine.servers, "all"]
    if "~" in word:
        names += [f"{one.name}~{each.name}" for one in engine.servers.values() for each in one.variants]
    return names


def frameworks(engine: Engine, word: str) -> Iterable[str]:
    """The frameworks."""
    return engine.frameworks


def gateways(engine: Engine, word: str) -> Iterable[str]:
    """The gateways."""
    from engine.app.engine import ALL
    from engine.app.lists.services import gateway_names

    return [*gateway_names(), ALL]


def categories(engine: Engine, word: str) -> Iterable[str]:
    """The categories of the suites."""
    from engine.app import addresses

    return {suite.category for suite in engine.load(addresses.paths([], engine)).suites}


def tags(engine: Engine, word: str) -> Iterable[str]:
    """The tags of the cases."""
    from engine.app import addresses

    return {
        tag for suite in engine.load(addresses.paths([], engine)).suites for case in suite.cases for tag in case.tags
    }


def cases(engine: Engine, word: str) -> Iterator[str]:
    """Files and folders; the ids of cases; behind ``::`` the addresses of the cases of that file."""
    from argcomplete.completers import FilesCompleter

    from engine.app import addresses

    file, colons, _ = word.partition("::")
    if colons:
        path = addresses.located(file, engine)
        found = engine.load([path]).suites if path is not None else ()
        yield from (f"{file}::{case.id}" for suite in found for case in suite.cases)
        return
    yield from FilesCompleter(("yaml", "yml"))(word)
    if "/" not in word and word:
        loaded = engine.load(addresses.paths([], engine))
        yield from dict.fromkeys(case.id for suite in loaded.suites for case in suite.cases)


def runs(engine: Engine, word: str) -> Iterable[str]:
    """The runs that are kept, and ``last``."""
    from engine.app.runs import ids

    return ["last", *ids(engine.project_paths)]


def runs_and_cases(engine: Engine, word: str) -> Iterator[str]:
    """Runs, files and cases."""
    yield from runs(engine, word)
    yield from cases(engine, word)


def lists(engine: Engine, word: str) -> Iterable[str]:
    """The lists of ``engine list``."""
    from engine.app.lists import sorts

    return sorts()


def targets(engine: Engine, word: str) -> Iterable[str]:
    """The ids of targets of all servers."""
    from engine.app.engine import ALL, RunOptions

    return [target.id for target in engine.every(RunOptions(servers=(ALL,)))]


def bugs(engine: Engine, word: str) -> Iterable[str]:
    """The ids of known bugs."""
    from engine.app.history import bugs_in

    return [bug.id for bug in bugs_in(engine)]


def locks(engine: Engine, word: str) -> Iterable[str]:
    """The names of locks."""
    return ["project", *engine.servers, *engine.frameworks]


def kinds(engine: Engine, word: str) -> Iterable[str]:
    """The kinds of templates."""
    from engine.app.scaffolds.make import KINDS

    return KINDS


def interfaces(engine: Engine, word: str) -> Iterable[str]:
    """The interfaces of apps."""
    from engine.app.scaffolds.make import CONTRACTS

    return CONTRACTS


def none(engine: Engine, word: str) -> Iterable[str]:
    """No names: the word is a new one."""
    return ()


def formats(subject: str, *more: str) -> Names:
    """The report formats that can show a ``grid``, ``comparison`` or ``explanation``, and ``more``."""

    def found(engine: Engine, word: str) -> Iterable[str]:
        from engine.reports.base import able

        return [*more, *able(subject)]

    return found


NAMES: dict[str, Names] = {
    "--server": servers,
    "--framework": frameworks,
    "--gateway": gateways,
    "--category": categories,
    "--tag": tags,
    "--case": cases,
    "--from": runs,
    "--run": runs,
    "--interface": interfaces,
    "report --format": formats("grid"),
    "compare --format": formats("comparison", "text"),
    "explain --format": formats("explanation", "text"),
    "CASE": cases,
    "PATH": cases,
    "PATH|CASE": cases,
    "PATH|CASE|WORD": cases,
    "RUN": runs,
    "TARGET": targets,
    "WHAT": lists,
    "RUN|PATH|CASE": runs_and_cases,
    "history BUG": bugs,
    "lock NAME": locks,
    "new KIND": kinds,
    "new NAME": none,
}
"""The names by option, and by the metavariable of an argument, behind the command where that matters."""


def words_of(command: str, action: argparse.Action) -> list[str]:
    """The keys of ``NAMES`` that fit an option or an argument of a command, the closest first."""
    words = action.option_strings or [str(action.metavar)]
    return [*(f"{command} {word}" for word in words), *words]


def complete(parser: argparse.ArgumentParser, commands: Mapping[str, argparse.ArgumentParser]) -> None:
    """Answer the script, and exit. Called where ASKED is set."""
    import argcomplete

    for name, one in commands.items():
        before = list[str]()
        for action in one._actions:
            known = next((NAMES[word] for word in words_of(name, action) if word in NAMES), None)
            if known is not None:
                needed = () if action.option_strings else tuple(before)
                setattr(action, "completer", _completer(known, needed))  # noqa: B010 - argcomplete reads the attribute
            if not action.option_strings and action.nargs == "?":
                before.append(action.dest)
    argcomplete.autocomplete(parser)


def _completer(names: Names, before: Sequence[str]) -> Callable[..., list[str]]:
    """A completer for argcomplete. It gives nothing while one of the optional arguments ``before`` has no value: the
    word would be that argument."""

    def found(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
        from engine.app.engine import Engine

        if not all(getattr(parsed_args, name, "") for name in before):
            return []
        engine = Engine(project_paths_of(parsed_args))
        return [name for name in names(engine, prefix) if name.startswith(prefix)]

    return found


def is_asked() -> bool:
    """True if a shell asks for completions."""
    return ASKED in os.environ


COMMAND = Command(
    "completion",
    "Print the script for the completion of a shell.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine completion bash", "the script for bash"),
        ("engine completion fish", "the script for fish"),
    ),
)
