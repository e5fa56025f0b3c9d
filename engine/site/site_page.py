"""A page before it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page: its path, its template without the suffix, its title, the entry of the menu that it belongs to, and the
    values of the template."""

    path: str
    template: str
    title: str
    menu: str
    values: dict[str, Any]
