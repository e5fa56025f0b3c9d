"""``engine``: finds the command, and turns what it raises into a message and an exit code.

The exit codes are in ``EXIT_CODES``; docs/exit-codes.md says more.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

from engine import version
from engine.app import gc_tuning
from engine.cli.base import Command, color_argument
from engine.errors import EngineError
from engine.registry import Registry, found
from engine.terminal.escape import visible
from engine.terminal.streams import tolerate

DESCRIPTION = """\
Test cases in YAML for ASGI servers and frameworks: checks them, runs them
against every service that was asked for, and draws the grid.
`engine COMMAND --help` says more of a command, with examples."""

EXIT_CODES = (
    (0, "as expected"),
    (1, "mistakes, or something broke the build"),
    (2, "usage, or a document that cannot be loaded"),
    (3, "nothing was judged"),
    (4, "the engine itself broke"),
    (130, "interrupted"),
)


def commands() -> Registry[Command]:
    """Every command, by name."""
    return Registry("command", [value for value in found("engine.cli", "COMMAND") if isinstance(value, Command)])


def parser(known: Registry[Command]) -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="engine",
        description=DESCRIPTION,
        epilog=aligned("exit codes", [(str(code), meaning) for code, meaning in EXIT_CODES]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"engine {version}")
    below = top.add_subparsers(dest="command", title="commands", metavar="COMMAND", required=True)
    for command in known.values():
        one = below.add_parser(
            command.name,
            help=command.summary,
            description=command.description or command.summary,
            epilog=aligned("examples", command.examples) if command.examples else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.arguments(one)
        color_argument(one)
    return top


def aligned(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """Two columns under a title, as argparse draws its own."""
    widest = max(len(left) for left, _ in rows)
    return "\n".join([f"{title}:", *(f"  {left:<{widest}}  {right}" for left, right in rows)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default that of ``sys.argv``; returns the exit code."""
    tolerate()
    known = commands()
    try:
        parsed = parser(known).parse_args(renamed(sys.argv[1:] if arguments is None else arguments, known))
        with gc_tuning.rare_passes():
            code = known[parsed.command].run(parsed)
        sys.stdout.flush()
        return code
    except EngineError as error:
        print(f"engine: {visible(str(error), lines=True)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("engine: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader went away, as `engine list | head` does.
        silence_stdout()
        return 0
    except OSError as error:
        # A full disk, or a file or folder that this user may not use.
        named = f"{error.filename}: " if error.filename else ""
        print(f"engine: {visible(named)}{error.strerror or error}", file=sys.stderr)
        silence_stdout()
        if os.environ.get("ENGINE_DEBUG"):
            traceback.print_exc()
        return 2
    except Exception as error:
        # Nothing that a user gives should lead here. The traceback is for whoever mends the engine.
        print(f"engine: the engine itself broke: {type(error).__name__}: {visible(str(error))}", file=sys.stderr)
        for note in getattr(error, "__notes__", ()):
            print(f"  {visible(note)}", file=sys.stderr)
        print("  please report it, with what ENGINE_DEBUG=1 shows besides", file=sys.stderr)
        if os.environ.get("ENGINE_DEBUG"):
            traceback.print_exc()
        return 4


def renamed(arguments: Sequence[str], known: Registry[Command]) -> list[str]:
    """The arguments, with today's name in the place of a command's former one."""
    former = {command.formerly: command.name for command in known.values() if command.formerly}
    return [former.get(word, word) if index == 0 else word for index, word in enumerate(arguments)]


def silence_stdout() -> None:
    """Drop what is still to be written: Python would complain while it exits."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
