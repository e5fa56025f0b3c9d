"""The files of a scaffold: their texts from templates, and writing them where nothing is yet.

A template has ``@WORD@`` for each value that is filled in, so that it may contain any braces and dollar signs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UsageError

TEMPLATES = Path(__file__).parent / "templates"
NAME = re.compile(r"[a-z][a-z0-9-]*")
_WORD = re.compile(r"@([A-Z]+)@")


@dataclass(frozen=True, slots=True)
class Scaffold:
    """The files to write, by path, and the next commands as pairs of a command line and its purpose. ``occupied`` is
    the path that must not be there yet."""

    occupied: Path
    files: Mapping[Path, str]
    commands: tuple[tuple[str, str], ...]


def checked_name(name: str, kind: str) -> str:
    """The name. Raises UsageError for one that cannot be in a target's id."""
    if not NAME.fullmatch(name):
        suggestion = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
        hint = "a name has small letters, digits and hyphens, and begins with a letter"
        raise UsageError(
            f"{name!r} cannot name a {kind}", hint=f"{hint}: {suggestion}" if NAME.fullmatch(suggestion) else hint
        )
    return name


def filled(template: str, **words: str) -> str:
    """The text of a template, with its words filled in."""
    text = (TEMPLATES / template).read_text("utf-8")
    return _WORD.sub(lambda match: words[match[1]], text)


def module_name(name: str) -> str:
    """A name as a module can have it."""
    return name.replace("-", "_")


def title_of(name: str) -> str:
    """A name as people write it."""
    return " ".join(word.capitalize() for word in name.split("-"))


def write(scaffold: Scaffold) -> list[Path]:
    """Write the files; their paths. Raises UsageError where anything is there already, and OSError."""
    for path in (scaffold.occupied, *scaffold.files):
        if path.exists():
            raise UsageError(f"{path} already exists", hint="choose another name, or another folder with --into")
    for path, text in scaffold.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return list(scaffold.files)
