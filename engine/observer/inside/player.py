"""The player inside the bare app: it plays the script of a call's job, or leaves the call to the contract's app.

The job of a call is determined, in this order, by the engine's header, by the client's port, and for calls with neither
by the job whose lifespan script this process was started with.
"""

from __future__ import annotations

import json
from typing import Any

from .commands import performers
from .observer import App, AsgiCall, Receive, Scope, Send, call_of
from .play import Play
from .scripts import Inbox, Script, ScriptCommand


class Player:
    """``Player(app, inbox)`` is the application that an observer around it calls.

    ``app`` is the contract's app. ``lifespan_of`` is the job whose script is played for lifespan calls, "" for none.
    ``modules`` are extension modules with more commands, separated by commas.
    """

    def __init__(self, app: App, inbox: Inbox, lifespan_of: str = "", modules: str = "") -> None:
        self._app = app
        self._inbox = inbox
        self._lifespan_of = lifespan_of
        self._performers = performers(modules)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        call = call_of(receive)
        if call is None:
            raise RuntimeError("the player stands inside an observer, and was called without one")
        found = self._find(call, scope)
        if found is None:
            return await self._app(scope, receive, send)
        script, commands = found
        await Play(self._performers, call, scope, self._inbox, script.job).perform(commands)
        return None

    def _find(self, call: AsgiCall, scope: Scope) -> tuple[Script, tuple[ScriptCommand, ...]] | None:
        """The script that applies and the commands in it for this call; None if the contract's app answers.

        A script that cannot be read is noted, and the contract's app answers.
        """
        kind = scope.get("type")
        if kind == "lifespan":
            job = self._lifespan_of
        else:
            job = call.job or self._by_port(call) or ("" if call.token else self._lifespan_of)
        if not job:
            return None
        try:
            script = self._inbox.script(job)
        except Exception as error:
            call.note(f"the script of job {job} cannot be read: {type(error).__name__}: {error}")
            return None
        if script is None:
            if job == self._lifespan_of:
                call.note(f"job {job} has no script, and this process was started to play it")
            return None
        commands = script.choose(kind, scope.get("path"))
        return None if commands is None else (script, commands)

    def _by_port(self, call: AsgiCall) -> str:
        # Behind a gateway the scope may have the gateway's own port.
        peer = json.loads(call.peer)
        return self._inbox.job_of(peer[1]) if peer else ""
