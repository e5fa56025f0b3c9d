"""Faults in the code and the reason of a close that a handler gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .base import App, Receive, Scope, Send, Wrap, Wrong

End = dict[str, object]


def kept(change: Callable[[End], End]) -> Wrap:
    """Change the code and the reason that the handler of /ws/ended keeps."""

    def wrap(inner: App) -> App:
        async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
            await inner(scope, receive, send)
            state = scope.get("state") or {}
            if scope["type"] == "websocket" and "ended" in state:
                state["ended"] = change(state["ended"])

        return wrong

    return wrap


def _reason(change: Callable[[str], object]) -> Wrap:
    return kept(lambda end: {**end, "reason": change(str(end["reason"]))})


MUTANTS: Mapping[str, Wrong] = {
    "close-code-is-1000": Wrong("the code of a client's close is always 1000", kept(lambda end: {**end, "code": 1000})),
    "close-code-as-text": Wrong(
        "the code of a client's close is a text", kept(lambda end: {**end, "code": f"{end['code']}"})
    ),
    "close-reason-lost": Wrong("the reason of a client's close is always empty", _reason(lambda reason: "")),
    "close-reason-as-null": Wrong("an empty reason of a close is None", _reason(lambda reason: reason or None)),
    "close-reason-ascii-only": Wrong(
        "a reason of a close has no character beyond ASCII",
        _reason(lambda reason: reason.encode("ascii", "ignore").decode()),
    ),
    "close-reason-one-line": Wrong(
        "the line breaks in a reason of a close become spaces", _reason(lambda reason: " ".join(reason.split()))
    ),
}
