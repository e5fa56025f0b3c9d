"""The words of ``server:``, each found by its module's ``OPTIONS``."""

from __future__ import annotations

from functools import cache

from engine.errors import Defect
from engine.model.server_options import ServerOption
from engine.registry import Registry, found


@cache
def load_options() -> Registry[ServerOption]:
    """Every option of a server or a gateway, those of extensions with them. Raises Defect where one of ``OPTIONS`` is
    no ServerOption."""
    options: list[ServerOption] = []
    for value in found("engine.targets.catalog.options", "OPTIONS"):
        if not isinstance(value, ServerOption):
            raise Defect(f"OPTIONS has {value!r}, which is no ServerOption")
        options.append(value)
    return Registry("option", options)
