"""Rules for a document of settings: names, placeholders, and the values of options."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from packaging.requirements import InvalidRequirement, Requirement

from engine.documents.diagnostics import Notes
from engine.loading.read.settings import NAME, entries
from engine.loading.target_names import TargetNames
from engine.model.nodes import Node
from engine.model.server_options import ServerOption
from engine.model.settings import OF_ADDRESS, OF_TLS, OF_VALUE, PLACEHOLDERS
from engine.model.variables import names_in
from engine.registry import nearest

LISTEN, TLS = "listen", "tls"
FORMS = {"ipv4", "ipv6", "unix"}
SWITCH = ("true", "false")
_KNOWN: Mapping[str, Collection[str]] = {
    LISTEN: FORMS,
    "trust_proxy": SWITCH,
    "access_log": SWITCH,
    "proxy_protocol": ("true", "v1", "v2"),
    TLS: ("true", "optional", "required"),
    "lifespan": ("auto", "on", "off"),
}
"""The values of options that have only these."""


def check(root: Node, names: TargetNames, notes: Notes) -> None:
    """Names that cannot be used, placeholders that do not exist, and values that an option never has."""
    for name, node in entries(root, "servers"):
        _name(name, node, "a server", notes)
        _server(node, names, notes)
    for name, node in entries(root, "applications"):
        _name(name, node, "an application", notes)
    taken = {name for name, _ in entries(root, "servers")}
    for name, node in entries(root, "applications"):
        if name in taken:
            what = f"a server and an application are called {name!r}"
            notes.error(node.key, "duplicate-id", what, "both names are part of the names of targets: rename one")


def _name(name: str, node: Node, sort: str, notes: Notes) -> None:
    if not re.search(NAME, name):
        hint = "use small letters, digits and hyphens; the name is part of the names of targets"
        notes.error(node.key, "name", f"{name!r} cannot name {sort}", hint)


def _server(node: Node, names: TargetNames, notes: Notes) -> None:
    command = node.get("command")
    used: set[str] = set()
    before = notes.errors
    for word in command.items() if command is not None else ():
        used |= _placeholders(word, PLACEHOLDERS, notes)
    options = dict(entries(node, "options"))
    listen = options.get(LISTEN)
    if command is not None and command.items() and notes.errors == before:  # a misspelt one may be the missing one
        if "app" not in used:
            hint = "the server has to load the application that it is started with: add `$(app)`"
            notes.error(command.place, "placeholder", "the command line does not have `$(app)`", hint)
        if listen is None and not used & {"address", "port", "socket", "descriptor"}:
            hint = "add `$(host)` and `$(port)`, or `$(address)`, `$(socket)` or `$(descriptor)`"
            notes.error(command.place, "placeholder", "the command line does not say where the server listens", hint)
    for name, value in options.items():
        _option(name, value, names.options.get(name), notes)
    _loops(node, used, notes)
    _requires(node, notes)


def _requires(node: Node, notes: Notes) -> None:
    requires = node.get("requires")
    for item in requires.items() if requires is not None else ():
        try:
            Requirement(str(item.value))
        except InvalidRequirement:
            hint = "like h11>=0.14; `package` with --server NAME@FOLDER installs a folder"
            notes.error(item.place, "requirement", f"{item.value!r} is not a requirement", hint)


def _loops(node: Node, used: set[str], notes: Notes) -> None:
    loops = node.get("loops")
    if loops is not None and len(loops.items()) > 1 and "loop" not in used:
        hint = "add `$(loop)` to the command line, or keep one loop"
        notes.error(loops.place, "placeholder", "the command line is the same for each of these loops", hint)


def _option(name: str, node: Node, option: ServerOption | None, notes: Notes) -> None:
    """The translation of one option: the keys of its mapping, and its placeholders."""
    more = OF_ADDRESS if name == LISTEN else OF_TLS if name == TLS else ()
    parts = option.parts if option is not None else {}
    known = list(parts) or list(_KNOWN.get(name, ()))
    if isinstance(node.value, list):
        if name == LISTEN or parts:
            form = ", ".join(f"`{one}: [...]`" for one in known)
            hint = f"write a mapping of {'addresses' if name == LISTEN else 'parts'}: {form}"
            notes.error(node.place, "option", f"`{name}` needs a list of words for each of its values", hint)
        for word in node.items():
            _placeholders(word, (*more, *OF_VALUE), notes)
        return
    for key, words in node.entries():
        if known and key not in known:
            notes.error(words.key, "option", f"`{name}` never has the value {key!r}", nearest(key, known))
        for word in words.items():
            _placeholders(word, (*more, *OF_VALUE), notes)


def _placeholders(word: Node, known: Collection[str], notes: Notes) -> set[str]:
    """The placeholders of a word; those that do not exist are noted."""
    found = names_in(str(word.value))
    for name in found:
        if name not in known:
            notes.error(word.place, "unknown-placeholder", f"unknown placeholder $({name})", nearest(name, known))
    return set(found)
