"""The declaration of one command of the application's script, for both sides.

The player performs commands by it; the engine's loader derives the schema and the parsing of arguments from it. So a
command is one entry of ``commands.COMMANDS``, or of an extension's own ``COMMANDS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .play import Performer


@dataclass(frozen=True)
class CommandKey:
    """A key of a command's argument.

    ``kind`` is the written form of its value and the value that the player gets:

    ==============  ====================================================================
    ``bytes``       the literal of bytes -> bytes
    ``commands``    a script -> a list that ``scripts.commands_of`` reads
    ``count``       a whole number -> int
    ``flag``        true or false -> bool
    ``exception``   a builtin exception's name -> str
    ``headers``     headers -> a list of [name, value] in bytes
    ``literal``     any value -> that value; text is str, ``{bytes: ...}`` bytes
    ``raises``      the word ``raises`` -> str
    ``text``        text -> str
    ``time``        a time -> seconds
    ``values``      a mapping of names to any values -> dict
    ``word``        a word -> str
    ==============  ====================================================================

    ``default`` is the value of an absent key; without a default the argument lacks the key.
    """

    kind: str
    description: str
    required: bool = False
    default: Any = ...


@dataclass(frozen=True)
class Command:
    """A command: its word, one sentence about it, and the function that performs it.

    ``argument`` is the value under the word: a ``mapping`` of ``keys``, a ``message`` that is checked against ASGI, a
    ``time``, ``true``, the name of a ``mark`` or of a ``task`` that was spawned. ``any_key`` requires at least one key,
    and ``one_key`` permits only one. ``task`` means that it starts a task, and needs a name for it. ``marks`` is
    ``sets`` or ``awaits``, for the mark that it names.
    """

    name: str
    summary: str
    perform: Performer
    keys: Mapping[str, CommandKey] = field(default_factory=dict)
    argument: str = "mapping"
    any_key: bool = False
    one_key: bool = False
    task: bool = False
    marks: str = ""


def declared(commands: Mapping[str, Mapping[str, Any]]) -> dict[str, Command]:
    """Commands from the plain data of an extension: the fields of a Command by its word, with its keys as mappings.

    Plain data needs no import, so that one module serves the engine and the service, which know this package by
    different names. Raises TypeError for an unknown field.
    """
    return {
        name: Command(name, **{**entry, "keys": {key: CommandKey(**one) for key, one in entry.get("keys", {}).items()}})
        for name, entry in commands.items()
    }
