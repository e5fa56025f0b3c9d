"""Documents of settings (``conformance.yaml``): their schema and their reading."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from engine.loading.read.sheets import text
from engine.loading.target_names import TargetNames
from engine.model.nodes import Node
from engine.model.settings import (
    KIND,
    READY,
    GateDefaults,
    OwnApplication,
    OwnServer,
    RunDefaults,
    Settings,
    Translated,
)

NAME = r"^[a-z][a-z0-9-]*$"
APP = r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$"
INTERFACES = ("asgi", "wsgi")
LOOPS = ("auto", "asyncio", "uvloop")
LEVELS = ("must", "should", "may")
PARTED = ("limits", "ping")
"""Options whose values have parts."""
OF_RUN = {
    "servers": ("a list of servers", "The servers, in the forms of `--server`."),
    "frameworks": ("a list of frameworks and applications", "The frameworks, in the forms of `--framework`, and the "
                   "applications of this file, by name."),
    "gateways": ("a list of gateways", "The gateways, in the forms of `--gateway`."),
    "variants": ("a list of variants", "Variants of servers, in the form of `--variant`."),
    "suites": ("a list of paths and addresses", "Suites, relative to this file, or suites and cases of the engine."),
    "categories": ("a list of categories", "The categories of the selected cases."),
    "tags": ("a list of tags", "The tags of the selected cases."),
}  # fmt: skip


def _text(description: str) -> dict[str, Any]:
    return {"title": "text", "description": description, "type": "string", "minLength": 1}


def _list(title: str, description: str, item: str = "An item.") -> dict[str, Any]:
    return {"title": title, "description": description, "type": "array", "minItems": 1, "items": _text(item)}


def _words(title: str, description: str, known: list[str], code: str = "") -> dict[str, Any]:
    item = {"title": "a word", "description": "A word.", "enum": known, **({"x-code": code} if code else {})}
    return {"title": title, "description": description, "type": "array", "items": item}


def _mapping(title: str, description: str, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": title,
        "description": description,
        "type": "object",
        "minProperties": 1,
        "additionalProperties": item,
    }


def _keys(title: str, description: str, required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": title,
        "description": description,
        "type": "object",
        "minProperties": 1,
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }


def _option(description: str) -> dict[str, Any]:
    """The translation of one option."""
    item = {"title": "text", "description": "A word.", "type": "string"}
    words = {"title": "a list of words", "description": "Words of the command line.", "type": "array", "items": item}
    return {
        "title": "a list of words, or a mapping of values or parts to lists of words",
        "description": f"{description} The words are appended to the command line.",
        "type": ["array", "object"],
        "items": item,
        "additionalProperties": words,
        "minProperties": 1,
    }


def schema(names: TargetNames) -> dict[str, Any]:
    """The schema of a document. ``names`` has the options and the capabilities."""
    options = {
        name: _option(str(one.schema.get("description", "")))
        for name, one in sorted(names.options.items())
        if not one.gateway and not one.runtime and name not in ("flags", "protocol")
    }
    interface = {"title": "asgi or wsgi", "enum": list(INTERFACES)}
    server = _keys("a server", "A server of this project, started by a command.", ["command"], {
        "title": _text("The server's name, as people write it."),
        "command": _list(
            "a list of words",
            "The command line. `$(python)` is the interpreter of the environment, `$(app)` the application as "
            "module:attribute, `$(host)` and `$(port)` the address, or `$(address)` both; `$(socket)` the path of a "
            "Unix socket; `$(descriptor)` a listening socket; `$(loop)` auto, asyncio or uvloop; `$(workers)` a "
            "number; `$(folder)` the folder of this file.",
            "A word, with placeholders.",
        ),
        "package": _text("The distribution of the server: its version is shown, and `NAME==VERSION` and `NAME@FOLDER` "
                         "select its releases."),
        "requires": _list("a list of requirements", "Requirements of the environment, as pip takes them.",
                          "A requirement."),
        "interface": {**interface, "description": "The interface of the applications that it serves; asgi by default."},
        "loops": _words("a list of loops", "The loops that it can run on: those of `$(loop)`, else only auto.",
                        list(LOOPS)),
        "offers": _words("a list of capabilities", "The capabilities that it has; a probe confirms them.",
                         sorted(names.capabilities), "name:capability"),
        "options": _keys("a mapping of options", "The options of cases, and the words of the command line for each.",
                         [], options),
    })  # fmt: skip
    application = _keys("an application", "An application of this project.", ["app"], {
        "title": _text("The application's name, as people write it."),
        "app": {
            "title": "a module and an attribute, such as shop.main:app",
            "description": "The application, as module:attribute.",
            "type": "string",
            "pattern": APP,
        },
        "folder": _text("The folder of its modules; the folder of this file by default."),
        "interface": {**interface, "description": "Its interface; asgi by default."},
        "requirements": _text("The file of its requirements: requirements.txt, or pyproject.toml for its dependencies. "
                              "By default the one that is in its folder."),
        "ready": {
            "title": "a path",
            "description": "The path of the request that shows that it is ready. Any response will do; / by default.",
            "type": "string",
            "pattern": r"^/\S*$",
        },
        "answers": {
            "title": "a list of endpoints",
            "description": "Endpoints of the contract that it answers as the contract says, such as `GET /health`. The "
            "engine's cases that use no others run on it.",
            "type": "array",
            "minItems": 1,
            "items": {
                "title": "a method and a path, such as GET /health",
                "description": "An endpoint.",
                "type": "string",
                "pattern": r"^(?:[A-Z]+ )?/\S*$",
            },
        },
        "offers": _words("a list of capabilities", "What it answers: `lifespan`, `state`, `websocket`.",
                         sorted(("lifespan", "state", "websocket")), "name:capability"),
        "env": _mapping("a mapping of environment variables", "Environment variables of its process.",
                        {"title": "text", "description": "The value, as text.", "type": "string"}),
    })  # fmt: skip
    lists = {key: _list(title, description) for key, (title, description) in OF_RUN.items()}
    run = _keys("a mapping of defaults", "Values for options that the command line omits.", [], {
        **lists,
        "loop": {"title": "auto, asyncio, uvloop or both", "description": "The event loop.", "enum": [*LOOPS, "both"]},
        "http": {
            "title": 'a version in quotes, "1.1" or "2", or all',
            "description": "The version of HTTP between client and server.",
            "enum": ["1.1", "2", "all"],
        },
        "levels": _words("a list of levels", "The levels of the selected cases.", list(LEVELS)),
        "baseline": _text("The file of known failures, relative to this file."),
        "corpus": {
            "title": 'a version in quotes, such as "0.2"',
            "description": "Hold back cases newer than this version of the corpus.",
            "type": "string",
            "pattern": r"^[0-9]{1,4}\.[0-9]{1,4}$",
        },
    })  # fmt: skip
    gate = _keys("a mapping of defaults of `engine gate`", "Values for options of `engine gate`.", [], {
        "against": _text("The release, the run or the branch that a change is compared with."),
        "repeat": {
            "title": "a whole number from 1 to 100",
            "description": "How often a new failure is repeated on both sides; 3 by default.",
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
        },
        "strict": {"title": "true or false", "description": "A warning counts as a failure.", "type": "boolean"},
    })  # fmt: skip
    named = "Each has a name in small letters, digits and hyphens."
    return {
        "title": "the settings of a project",
        "description": "The servers, frameworks and applications of a project, and the defaults of its runs.",
        "type": "object",
        "required": [KIND],
        "additionalProperties": False,
        "properties": {
            KIND: _text("The project's name."),
            "note": _text("Additional information."),
            "run": run,
            "gate": gate,
            "servers": _mapping("a mapping of servers by name", f"Servers of the project. {named}", server),
            "applications": _mapping(
                "a mapping of applications by name", f"Applications of the project. {named}", application
            ),
            "frameworks": _list(
                "a list of folders",
                "Folders with a framework.yaml, or folders of such folders, relative to this file.",
                "A folder.",
            ),
        },
    }


def settings_of(root: Node, file: str) -> Settings:
    """The settings of a valid document at a path."""
    path = os.path.abspath(file)
    folder = os.path.dirname(path)
    run = root.get("run") or Node({}, root.place, root.key)
    lists = {key: words(run, key) for key in (*OF_RUN, "levels")}
    lists["suites"] = tuple(_suite(folder, word) for word in lists["suites"])
    lists["servers"] = tuple(_at_home(folder, word) for word in lists["servers"])
    lists["frameworks"] = tuple(_at_home(folder, word) for word in lists["frameworks"])
    baseline = text(run, "baseline")
    gate = root.get("gate") or Node({}, root.place, root.key)
    strict = gate.get("strict")
    defaults = RunDefaults(
        **lists,
        loop=text(run, "loop"),
        http=text(run, "http"),
        baseline=os.path.join(folder, baseline) if baseline else "",
        corpus=text(run, "corpus"),
    )
    return Settings(
        file=path,
        title=text(root, KIND),
        run=defaults,
        gate=GateDefaults(
            against=text(gate, "against"),
            repeat=int(text(gate, "repeat") or GateDefaults().repeat),
            strict=strict is not None and strict.value is True,
        ),
        servers=tuple(_server(name, node, folder) for name, node in entries(root, "servers")),
        applications=tuple(_application(name, node, folder) for name, node in entries(root, "applications")),
        frameworks=tuple(os.path.normpath(os.path.join(folder, word)) for word in words(root, "frameworks")),
    )


def entries(root: Node, key: str) -> list[tuple[str, Node]]:
    """The named entries of a mapping, none without it."""
    found = root.get(key)
    return list(found.entries()) if found is not None else []


def words(node: Node, key: str) -> tuple[str, ...]:
    """The texts of a list, () without it."""
    found = node.get(key)
    return tuple(str(item.value) for item in found.items()) if found is not None else ()


def _suite(folder: str, word: str) -> str:
    """A suite next to the document by its path; any other word as it is, which may be one of the engine's."""
    file, colons, case = word.partition("::")
    path = os.path.normpath(os.path.join(folder, file))
    return path + colons + case if file and os.path.exists(path) else word


def _at_home(folder: str, word: str) -> str:
    """A release of ``--server`` or ``--framework``, with a relative folder of a checkout as it is from everywhere."""
    match = re.fullmatch(r"([a-z][a-z0-9-]*)@(?!git\+)([^~]+)((?:~[a-z0-9-]+)?)", word)
    if match is None or os.path.isabs(match[2]):
        return word
    return f"{match[1]}@{os.path.normpath(os.path.join(folder, match[2]))}{match[3]}"


def _server(name: str, node: Node, folder: str) -> OwnServer:
    return OwnServer(
        name=name,
        folder=folder,
        command=words(node, "command"),
        title=text(node, "title"),
        package=text(node, "package"),
        requires=words(node, "requires"),
        interface=text(node, "interface") or INTERFACES[0],
        loops=words(node, "loops"),
        offers=words(node, "offers"),
        options={option: translated(value) for option, value in entries(node, "options")},
        place=node.key,
    )


def translated(node: Node) -> Translated:
    """The words for an option: a list, or a list for each value or part."""
    if isinstance(node.value, list):
        return tuple(str(item.value) for item in node.items())
    found: Mapping[str, tuple[str, ...]] = {
        name: tuple(str(item.value) for item in child.items()) for name, child in node.entries()
    }
    return found


def _application(name: str, node: Node, folder: str) -> OwnApplication:
    of_modules = os.path.normpath(os.path.join(folder, text(node, "folder") or "."))
    requirements = text(node, "requirements")
    return OwnApplication(
        name=name,
        app=text(node, "app"),
        folder=of_modules,
        title=text(node, "title"),
        interface=text(node, "interface") or INTERFACES[0],
        requirements=os.path.normpath(os.path.join(folder, requirements)) if requirements else "",
        ready=text(node, "ready") or READY,
        answers=words(node, "answers"),
        offers=words(node, "offers"),
        env={key: str(value.value) for key, value in entries(node, "env")},
        place=node.key,
    )
