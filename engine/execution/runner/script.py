"""From a case's ``application`` to the script that the bare app plays: bytes rendered, variables filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.model.case import AppCommand, Application
from engine.model.iterables import AppIterable
from engine.model.tagged import Ready, tagged
from engine.model.variables import Variable, fill, resolve
from engine.model.wire_bytes import ByteString


def script(application: Application, job: str, known: Mapping[str, object]) -> dict[str, object]:
    """The script as JSON's types, as the player in observer/inside reads it. Raises Unknown for a variable without a
    value, ValueError for bytes that cannot be rendered."""
    return {
        "job": job,
        "lifespan": _commands(application.lifespan, known),
        "http": _commands(application.http, known),
        "websocket": _commands(application.websocket, known),
        "paths": {fill(path, known): _commands(commands, known) for path, commands in application.paths.items()},
    }


def _commands(commands: tuple[AppCommand, ...] | None, known: Mapping[str, object]) -> list[object] | None:
    return None if commands is None else [_command(command, known) for command in commands]


def _command(command: AppCommand, known: Mapping[str, object]) -> dict[str, object]:
    rendered: dict[str, object] = {"act": command.word, "arg": tagged(_render(command.argument, known))}
    if command.name:
        rendered["as"] = command.name
    return rendered


def _render(value: object, known: Mapping[str, object]) -> object:
    if isinstance(value, ByteString):
        return value.render(known)
    if isinstance(value, Variable):
        return resolve(value, known)
    if isinstance(value, str):
        return fill(value, known)
    if isinstance(value, AppIterable):
        return replace(value, items=tuple(_render(item, known) for item in value.items))
    if isinstance(value, AppCommand):
        return Ready(_command(value, known))
    if isinstance(value, (list, tuple)):
        return [_render(item, known) for item in value]
    if isinstance(value, Mapping):
        return {fill(key, known): _render(item, known) for key, item in value.items()}
    return value
