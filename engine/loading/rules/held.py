"""The part of a frame that `stop_at` holds back, and `rest`, which sends it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.loading.read.outline import Item
from engine.loading.rules.view import View

CODE = "nothing-held"


def check(view: View) -> None:
    """`rest` on a WebSocket of which no frame is held back."""
    before = False
    for item in view.items():
        if item.name != "websocket":
            continue
        # A WebSocket that goes on may hold what any earlier step has left.
        held = before and item.body.get("connect") is None
        for inner in item.inner:
            held = _script(view, inner.items, held=held)
        before = before or held


def _script(view: View, items: Sequence[Item], *, held: bool) -> bool:
    """Check the actions of a script in order. Returns whether a part of a frame may be held back at its end."""
    for item in items:
        if item.name == "frames":
            held = any(frame.get("stop_at") is not None for frame in item.body.items())
        elif item.name == "rest":
            if not held:
                what = "no part of a frame is held back here, so `rest` has nothing to send"
                view.notes.error(item.body.key, CODE, what, "write `stop_at` in the last frame of a `frames` before it")
            held = item.body.get("size") is not None
        for inner in item.inner:
            held = _script(view, inner.items, held=held)
    return held
