"""``engine``: finds the command, and turns what it raises into a message and an exit code.

The exit codes are in ``EXIT_CODES``; docs/exit-codes.md says more.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import TextIO

from engine import version
from engine.app import gc_tuning
from engine.cli import completion, start
from engine.cli.base import Command, color_argument
from engine.cli.parsing import Parser, UsageMistake, usage_of
from engine.errors import EngineError
from engine.registry import Registry, found
from engine.terminal.columns import terminal_width
from engine.terminal.escape import visible
from engine.terminal.paint import CHOICES, Paint, Role, paint_for, wrap
from engine.terminal.streams import tolerate, use_utf8

DESCRIPTION = """\
Test cases in YAML for ASGI servers and frameworks: checks them, runs them
against servers and frameworks, and draws a grid of the results.
`engine COMMAND --help` describes a command, with examples."""

EXIT_CODES = (
    (0, "as expected"),
    (1, "errors in spec files, or failing results"),
    (2, "usage, or a document that cannot be loaded"),
    (3, "nothing ran"),
    (4, "internal error of the engine"),
    (130, "interrupted"),
)

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""The errors of writing to a stream that is open, which therefore name no file."""


def commands() -> Registry[Command]:
    """Every command, by name."""
    return Registry("command", [value for value in found("engine.cli", "COMMAND") if isinstance(value, Command)])


def parser(known: Registry[Command]) -> Parser:
    """The parser of the command line, with one of its own for each command."""
    top = Parser(
        prog="engine",
        description=DESCRIPTION,
        epilog=aligned("exit codes", [(str(code), meaning) for code, meaning in EXIT_CODES]),
        usage="engine COMMAND [OPTIONS] [ARGUMENT ...]",
    )
    top.add_argument("--version", action="version", version=f"engine {version}")
    below = top.add_subparsers(prog="engine", dest="command", title="commands", metavar="COMMAND", required=True)
    for command in known.values():
        one = below.add_parser(
            command.name,
            help=command.summary,
            description=command.description or command.summary,
            epilog=aligned("examples", command.examples) if command.examples else None,
        )
        command.arguments(one)
        color_argument(one)
        one.usage = usage_of(one)
        top.commands[command.name] = one
    return top


def aligned(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """Two columns under a title, as argparse draws its own."""
    widest = max(len(left) for left, _ in rows)
    return "\n".join([f"{title}:", *(f"  {left:<{widest}}  {right}" for left, right in rows)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default that of ``sys.argv``; returns the exit code."""
    tolerate()
    known = commands()
    words = renamed(sys.argv[1:] if arguments is None else arguments, known)
    paint = paint_for(sys.stderr, color_of(words))
    top = parser(known)
    if completion.is_asked():
        completion.complete(top, top.commands)
    try:
        parsed = top.parse(words)
        if getattr(parsed, "format", "text") != "text":
            use_utf8(sys.stdout)
        start.raise_on_interrupt()
        with gc_tuning.rare_passes():
            code = known[parsed.command].run(parsed)
        sys.stdout.flush()
        return code
    except EngineError as error:
        report(message(error, paint))
        return error.exit_code
    except KeyboardInterrupt:
        report(f"{paint(Role.FAILING, 'engine:')} interrupted")
        return start.INTERRUPTED
    except BrokenPipeError:
        # The reader went away, as `engine list | head` does.
        silence(sys.stdout)
        return 0
    except OSError as error:
        # A full disk, or a file or folder that this user may not use.
        of_output = "the output cannot be written: " if error.errno in UNWRITABLE else ""
        named = f"{error.filename}: " if error.filename else of_output
        report(f"engine: {visible(named)}{error.strerror or error}")
        silence(sys.stdout)
        report_traceback()
        return 2
    except Exception as error:
        # Nothing that a user gives should lead here.
        lines = [f"engine: internal error: {type(error).__name__}: {visible(str(error))}"]
        lines += [f"  {visible(note)}" for note in getattr(error, "__notes__", ())]
        report("\n".join([*lines, "  please report it with the traceback that ENGINE_DEBUG=1 shows"]))
        report_traceback()
        return 4


def report(text: str) -> None:
    """Write lines to standard error. The exit code says what happened where that cannot be written."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def report_traceback() -> None:
    """Write the traceback of the exception that is being handled, where ENGINE_DEBUG asks for it."""
    if os.environ.get("ENGINE_DEBUG"):
        report(traceback.format_exc().rstrip())


def message(error: EngineError, paint: Paint) -> str:
    """An error as a person reads it: where and what, the hint below, and the usage where the command line is wrong."""
    what, *hint = visible(str(error), lines=True).split("\n")
    lines = [f"{paint(Role.FAILING, 'engine:')} {what}", *(paint(Role.HINT, line) for line in hint)]
    if sys.stderr.isatty() and (columns := terminal_width()):
        lines = [part for line in lines for part in wrap(line, columns, further="  ")]
    if isinstance(error, UsageMistake) and error.usage:
        lines.append(visible(error.usage, lines=True))
    return "\n".join(lines)


def color_of(words: Sequence[str]) -> str:
    """The value of ``--color`` in a command line that may have errors; ``auto`` if it has none."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, _, value = word.partition("=")
        if name == "--color" and (value or following) in CHOICES:
            return value or following
    return "auto"


def renamed(arguments: Sequence[str], known: Registry[Command]) -> list[str]:
    """The arguments, with today's name in the place of a command's former one."""
    former = {command.formerly: command.name for command in known.values() if command.formerly}
    return [former.get(word, word) if index == 0 else word for index, word in enumerate(arguments)]


def silence(stream: TextIO) -> None:
    """Drop what a stream has still to write: Python would complain while it exits."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())
