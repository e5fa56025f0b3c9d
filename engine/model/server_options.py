"""Options of a server or of its gateway: the words of a case's ``server:`` mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["value", "time", "size", "tls", "mapping"]


@dataclass(frozen=True, slots=True)
class ServerOption:
    """One word of ``server:``.

    Attributes:
        name: the word.
        schema: the JSON schema of its value, with a description.
        kind: how the value is read: a ``time`` is seconds, a ``size`` bytes, ``tls`` true or the word of its
            ``client_cert``, and a ``mapping`` a tuple of names with their values, sorted by name; any other value is
            as the document has it, and a list a tuple of text.
        gateway: the option is the gateway's, and not the server's.
        runtime: the option is about the process, so the runtime applies it to every server.
        parts: the kinds of the values of a ``mapping`` by name; a name that is not there is a ``value``.
        translations: the command line words for a value, by the name of each server whose own table has no
            translation for this word.
    """

    name: str
    schema: Mapping[str, Any]
    kind: Kind = "value"
    gateway: bool = False
    runtime: bool = False
    parts: Mapping[str, Kind] = field(default_factory=dict)
    translations: Mapping[str, Callable[[object], Sequence[str]]] = field(default_factory=dict)
