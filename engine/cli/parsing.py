"""The parser of the command line: errors with a suggestion, and a help as wide as the terminal.

An error has one line that says what is wrong, one with the nearest name that exists, and the usage of the command in
question::

    engine: `engine grid` has no option --framwork
      did you mean '--framework'?
    usage: engine grid [OPTIONS] [PATH|CASE ...]
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

from engine.errors import UsageError
from engine.registry import nearest
from engine.terminal.columns import terminal_width
from engine.terminal.paint import Paint, Role, paint_for

WIDEST = 100
"""Columns of the help on any terminal: longer lines are hard to read."""

USUAL = 80
"""Columns of the help in a pipe."""

_NARROWEST = 40
_HEADING = re.compile(r"^\w[\w ,]*:$", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w`-])(--?[A-Za-z][\w-]*)")
_ROW = re.compile(r"^( *)(\S.*?) {2,}(\S.*)$")


class UsageMistake(UsageError):
    """A command line that cannot be parsed. ``usage`` is the line that shows how the command is called."""

    def __init__(self, what: str, *, hint: str = "", usage: str = "") -> None:
        super().__init__(what, hint=hint)
        self.usage = usage


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Fills paragraphs to the terminal's width. Rows of two columns, and indented lines, stay lines."""

    def __init__(self, prog: str) -> None:
        width = help_width()
        super().__init__(prog, max_help_position=min(28, width // 3), width=width)

    def add_argument(self, action: argparse.Action) -> None:
        """Add an argument to the help. argparse forgets that the names of commands are indented once more."""
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            widest = max(map(len, action.choices or ("",)))
            self._action_max_length = max(self._action_max_length, widest + self._current_indent + 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(filled(part, width) for part in text.split("\n\n"))


def help_width() -> int:
    """The columns of a help."""
    return max(min(terminal_width() or USUAL, WIDEST), _NARROWEST)


def filled(paragraph: str, width: int) -> str:
    """A paragraph of a help as lines of at most ``width`` columns. The rows of a table keep their columns; where the
    second one does not fit, it stands below the first."""
    lines = paragraph.split("\n")
    if not any(line.startswith("  ") or "   " in line for line in lines):
        return textwrap.fill(paragraph, width, break_long_words=False, break_on_hyphens=False)
    return "\n".join(row for line in lines for row in _row(line, width))


def _row(line: str, width: int) -> Iterator[str]:
    found = _ROW.match(line)
    if len(line) <= width or found is None:
        yield line
        return
    start = found.start(3)
    if width - start >= 30:
        first, *others = textwrap.wrap(found[3], width - start, break_long_words=False)
        yield line[:start] + first
        yield from (" " * start + other for other in others)
        return
    yield found[1] + found[2]
    yield from (f"      {part}" for part in textwrap.wrap(found[3], width - 6, break_long_words=False))


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ``UsageMistake``, and whose help is filled and painted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=HelpFormatter, allow_abbrev=False, **options)
        self.commands: dict[str, Parser] = {}

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse a command line. Raises UsageMistake; SystemExit after ``--help`` and ``--version``."""
        parsed, left = self.parse_known_args(arguments)
        if left:
            below = self.commands.get(getattr(parsed, "command", "") or "", self)
            raise below.unexpected(left)
        return parsed

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the words of a command, whose options may stand between its arguments."""
        words = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(words if self.commands else self.options_first(words), namespace)

    def options_first(self, words: Sequence[str]) -> list[str]:
        """The words of a command with its options before its arguments: argparse matches all arguments with the first
        group of them. Words behind ``--`` are arguments. An option without its value stays at the end."""
        options, arguments = list[str](), list[str]()
        left = deque(words)
        while left and left[0] != "--":
            word = left.popleft()
            if not word.startswith("-") or word == "-":
                arguments.append(word)
            elif not self.takes_a_value(word):
                options.append(word)
            elif left:
                options += [word, left.popleft()]
            else:
                return [*options, *arguments, word]
        return [*options, *arguments, *left]

    def takes_a_value(self, option: str) -> bool:
        """True for the name of an option whose value is the next word."""
        action = self._option_string_actions.get(option)
        return action is not None and action.nargs is None

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """The values of an option or an argument. An empty one is an error: with an unset variable of a shell, the
        command would mean something else."""
        if not self.commands and not all(one.strip() for one in arg_strings):
            name = "/".join(action.option_strings) or str(action.metavar or action.dest)
            raise self.mistake(f"`{self.prog}`: {name} is empty", "a variable of the shell may be unset")
        return super()._get_values(action, arg_strings)

    def unexpected(self, left: Sequence[str]) -> UsageMistake:
        """The error about arguments that the parser does not know."""
        word = next((one for one in left if one.startswith("-") and one != "-"), left[0])
        if not word.startswith("-"):
            return self.mistake(f"`{self.prog}` takes no argument {word!r} here")
        option = word.partition("=")[0]
        hint = nearest(option, list(self.options()))
        return self.mistake(
            f"`{self.prog}` has no option {option}",
            hint if hint.startswith("did") else f"`{self.prog} --help` lists the options",
        )

    def options(self) -> Iterator[str]:
        """The long names of the options."""
        for action in self._actions:
            yield from (name for name in action.option_strings if name.startswith("--"))

    def mistake(self, what: str, hint: str = "") -> UsageMistake:
        """An error with the usage of this parser."""
        return UsageMistake(what, hint=hint, usage=self.format_usage().rstrip())

    def error(self, message: str) -> NoReturn:
        """Raise the error. argparse calls this, with a message of its own for all but names that do not exist."""
        needed = "the following arguments are required: "
        if message.startswith(needed):
            names = message.removeprefix(needed)
            if names == "COMMAND":
                raise self.mistake("no command", f"`{self.prog} --help` lists the commands")
            raise self.mistake(f"`{self.prog}` needs {names}", f"`{self.prog} --help` has examples")
        raise self.mistake(f"`{self.prog}`: {message.removeprefix('argument ')}")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        choices: Iterable[object] = action.choices or ()
        if action.choices is None or value in choices:
            return
        known = [str(choice) for choice in choices]
        if isinstance(action, argparse._SubParsersAction):
            hint = nearest(str(value), known)
            raise self.mistake(
                f"there is no command {value!r}",
                hint if hint.startswith("did") else f"`{self.prog} --help` lists the commands",
            )
        name = "/".join(action.option_strings) or str(action.metavar or action.dest)
        hint = nearest(str(value), known)
        listed = ", ".join(known)
        if hint.startswith("known") or len(known) <= 6:
            hint = f"{hint} " * hint.startswith("did") + f"known: {listed}"
        raise self.mistake(f"invalid value {value!r} for {name}", hint)

    def format_help(self) -> str:
        """The help, painted where standard output is a terminal."""
        return painted(super().format_help(), paint_for(sys.stdout))


def usage_of(parser: argparse.ArgumentParser) -> str:
    """The usage of a command in one line: options as one word, and its arguments."""
    words = [parser.prog.replace("%", "%%"), "[OPTIONS]"]
    for action in parser._actions:
        if not action.option_strings:
            name = str(action.metavar or action.dest)
            form = {"*": f"[{name} ...]", "?": f"[{name}]", "+": f"{name} [{name} ...]"}
            words.append(form.get(str(action.nargs), name))
    return " ".join(words)


def painted(text: str, paint: Paint) -> str:
    """A help in colour: headings, the names of commands and options."""
    if not paint.enabled:
        return text
    text = re.sub(r"^usage:", lambda found: paint(Role.HEADING, found[0]), text, flags=re.MULTILINE)
    text = _HEADING.sub(lambda found: paint(Role.HEADING, found[0]), text)
    return "\n".join(_painted(line, paint) for line in text.split("\n"))


def _painted(line: str, paint: Paint) -> str:
    if line.startswith("  -"):
        # The names of an option stand before two spaces, or on a line of their own.
        names, gap, rest = line[2:].partition("  ")
        return "  " + _OPTION.sub(lambda found: paint(Role.NAME, found[1]), names) + gap + rest
    if found := re.match(r"^    (\w[\w-]*)(?=  )", line):
        return "    " + paint(Role.NAME, found[1]) + line[found.end() :]
    return line
