"""The command ``shout``. The engine and the service both load this module, so it imports only the standard library."""

from __future__ import annotations

from typing import Any


async def shout(play: Any, act: Any) -> None:
    """``shout: {text}``: a response with the text in capitals."""
    body = str(act.value()["text"]).upper().encode()
    headers = [[b"content-length", str(len(body)).encode()]]
    await play.send({"type": "http.response.start", "status": 200, "headers": headers})
    await play.send({"type": "http.response.body", "body": body})


COMMANDS = {
    "shout": {
        "summary": "Answer in capitals.",
        "perform": shout,
        "keys": {"text": {"kind": "text", "description": "What is said.", "required": True}},
    }
}
