"""Servers that a document of settings declares by their command lines, as values of the catalog.

The words of a command line have the placeholders of ``engine.model.settings.PLACEHOLDERS``. The listening address comes
from one of three forms: a socket that the server inherits (``$(descriptor)``), an address in the command itself, or the
words of the option ``listen``, which are appended for the requested kind of address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.model.network import IPV4, UNIX, display, unix_path
from engine.model.settings import OwnServer, Translated
from engine.model.variables import as_text, fill, names_in
from engine.targets.catalog.servers.base import Server, Start, Translate, Untranslatable, listens, parts
from engine.targets.catalog.servers.tls import files_of

LISTEN, TLS, WORKERS = "listen", "tls", "workers"
ANY_LOOP = ("auto", "asyncio", "uvloop")


def own_server(declared: OwnServer) -> Server:
    """The server of a declaration without errors."""
    used = {name for word in declared.command for name in names_in(word)}
    options = {name: translation(name, words) for name, words in declared.options.items()}
    if WORKERS in used:
        options[WORKERS] = lambda value: []
    options.setdefault(LISTEN, listens(*_addresses(used)))
    nowhere = Path(declared.folder) / f"{declared.name}.lock"
    return Server(
        name=declared.name,
        package=declared.package,
        title=declared.title or declared.name,
        lock=nowhere,
        base=lambda start: command(declared, start),
        offers=frozenset(declared.offers),
        loops=declared.loops or (ANY_LOOP if "loop" in used else ("auto",)),
        hands_descriptor="descriptor" in used,
        options=options,
        interfaces=frozenset({declared.interface}),
        requires=declared.requires or ((declared.package,) if declared.package else ()),
        own=True,
        code=code(declared),
    )


def code(declared: OwnServer) -> tuple[Path, ...]:
    """The folders of the files and folders that the words of the command line name by ``$(folder)``."""
    named = [Path(fill(word, {"folder": declared.folder})) for word in declared.command if word.startswith("$(folder)")
             and names_in(word) == ["folder"]]  # fmt: skip
    return tuple(dict.fromkeys(path if path.is_dir() else path.parent for path in named))


def _addresses(used: set[str]) -> tuple[str, ...]:
    """The kinds of addresses that a command without words for ``listen`` has."""
    found = [IPV4] if used & {"address", "descriptor", "port"} else []
    return (*found, *([UNIX] if used & {"socket"} else []))


def command(declared: OwnServer, start: Start) -> list[str]:
    """The command line without options."""
    known = {
        **address(start),
        "app": start.app,
        "descriptor": "" if start.descriptor is None else start.descriptor,
        "folder": declared.folder,
        "loop": start.loop,
        "python": start.python,
        "workers": start.options.get(WORKERS, 1),
    }
    words = list(declared.command)
    listen = declared.options.get(LISTEN)
    if isinstance(listen, Mapping) and start.descriptor is None:
        words += listen.get(str(start.options.get(LISTEN, IPV4)), ())
    return [fill(word, known) for word in words]


def address(start: Start) -> dict[str, object]:
    """The placeholders of an address."""
    host, port = start.address
    return {"address": display(start.address), "host": host, "port": port, "socket": unix_path(start.address)}


def translation(name: str, words: Translated) -> Translate:
    """The translation of an option."""
    if name == LISTEN:
        return listens(*words)
    if name == TLS:
        return lambda value: _tls(value, words)
    if isinstance(words, Mapping) and name in ("limits", "ping"):
        return parts({part: translation(part, some) for part, some in words.items()})
    return lambda value: chosen(value, words)


def chosen(value: object, words: Translated) -> Sequence[str]:
    """The words for a value. A list of words stands for any value, and for true of a flag. Raises Untranslatable for a
    value that has no words."""
    if isinstance(words, Mapping):
        key = as_text(value)
        if key not in words and value is not False:
            raise Untranslatable(f"its declaration has no words for {key}, only for {' and '.join(words)}")
        return [_filled(word, value) for word in words.get(key, ())]
    return [] if value is False else [_filled(word, value) for word in words]


def _filled(word: str, value: object) -> str:
    """A word with the value in it. Raises Untranslatable for a part of a second where a whole number is expected."""
    if "whole" in names_in(word) and not _is_whole(value):
        raise Untranslatable(f"{value!r} is not a whole number")
    return fill(word, of_value(value))


def _is_whole(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float)) and float(value).is_integer()


def of_value(value: object) -> dict[str, object]:
    """The placeholders of a value."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return {"value": value, "whole": value, "milliseconds": value}
    return {"value": f"{value:g}" if isinstance(value, float) else value, "whole": int(value),
            "milliseconds": round(value * 1000)}  # fmt: skip


def _tls(value: object, words: Translated) -> Sequence[str]:
    """The words for TLS, with the paths of its files. Raises Untranslatable for client certificates without words."""
    files = files_of(value)
    if files is None:
        return []
    if isinstance(words, Mapping):
        key = files.asks or "true"
        if key not in words:
            raise Untranslatable(f"its declaration has no words for client certificates that are {key}")
        line = words[key]
    elif files.asks:
        raise Untranslatable("its declaration has no words for client certificates")
    else:
        line = words
    known = {"certificate": files.cert, "key": files.key, "authority": files.ca}
    return [fill(word, known) for word in line]
