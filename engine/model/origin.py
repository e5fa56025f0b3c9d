"""The part of a target that did something wrong: its app or the framework."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OWNER_OF_APP = "app"
"""The owner of the app's own files, where the observer names owners; others are names of packages."""


class Part(StrEnum):
    """The two parts of a target's application."""

    APP = "app"
    FRAMEWORK = "framework"


@dataclass(frozen=True, slots=True)
class Origin:
    """The part that did something wrong, by what the observer saw; ``because`` is one line for people."""

    part: Part
    because: str
