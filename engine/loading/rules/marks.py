"""Marks, which synchronize client and application. An `await` of a mark that is never set would wait forever."""

from __future__ import annotations

from engine.loading.read.app_script import commands
from engine.loading.rules.references import near
from engine.loading.rules.view import View
from engine.model.nodes import Node


def check(view: View) -> None:
    """`await` of a mark that is never set, and, as a warning, a mark that is never awaited."""
    uses: list[tuple[str, Node]] = [(item.step_type.marks, item.body) for item in view.items()]
    uses.extend((commands()[word].marks, body) for word, body in view.commands())
    named = {
        word: {str(body.value): body for used, body in uses if used == word and isinstance(body.value, str)}
        for word in ("sets", "awaits")
    }
    if any("$(" in name for names in named.values() for name in names):
        return
    for name, body in named["awaits"].items():
        if name not in named["sets"]:
            hint = near(name, named["sets"]) or f"add `mark: {name}` to a step or to the application's script"
            view.notes.error(body.place, "unset-mark", f"the mark {name!r} is never set", hint)
    for name, body in named["sets"].items():
        if name not in named["awaits"]:
            view.notes.warning(
                body.place, "unawaited-mark", f"the mark {name!r} is never awaited", "delete it, or await it"
            )
