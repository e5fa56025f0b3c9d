"""What a command is, and options that several have.

Command modules are imported to draw the help, so they import what runs a command only when it runs: ``engine --help``
answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.app.front import Asked

LOOPS = ("auto", "asyncio", "uvloop", "both")
LEVELS = ("must", "should", "may")


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, its summary, what it adds to its parser, and what it does. ``run`` gives the exit code.

    ``examples`` are command lines, each with what it is for, which the command's help ends with.
    """

    name: str
    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    description: str = ""
    examples: tuple[tuple[str, str], ...] = ()


def target_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say which targets and which cases a run has."""
    parser.add_argument("--server", action="append", default=[], metavar="NAME", help="a server; may be repeated")
    parser.add_argument("--framework", action="append", default=[], metavar="NAME", help="a framework; may be repeated")
    parser.add_argument(
        "--loop",
        choices=LOOPS,
        default="auto",
        help="the event loop; auto is the server's own choice",
    )
    case_arguments(parser)


def case_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that choose cases."""
    parser.add_argument("--category", action="append", default=[], metavar="NAME", help="cases of this category only")
    parser.add_argument("--level", action="append", default=[], choices=LEVELS, help="cases of this level only")


def asked(arguments: argparse.Namespace) -> Asked:
    """What those options ask for."""
    from engine.app.front import Asked

    return Asked(
        servers=tuple(arguments.server),
        frameworks=tuple(arguments.framework),
        loop=arguments.loop,
        categories=tuple(arguments.category),
        levels=tuple(arguments.level),
    )


def asked_cases(arguments: argparse.Namespace) -> Asked:
    """What the options that choose cases ask for, and every target."""
    from engine.app.front import Asked

    return Asked(categories=tuple(arguments.category), levels=tuple(arguments.level))


def place_arguments(parser: argparse.ArgumentParser, *, results: bool = True) -> None:
    """The options that say where things are."""
    if results:
        parser.add_argument("--results", default="", metavar="DIR", help="where runs and grids are kept (results/)")
    parser.add_argument("--frameworks", default="", metavar="DIR", help="the folder of frameworks (frameworks/)")
