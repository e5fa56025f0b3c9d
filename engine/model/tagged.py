"""The one encoder of scripts and requests to drive: Python's values as tagged JSON, which the application's side
decodes.

``engine.observer.inside.tagged`` explains the tags and holds the decoder. Its own encoder writes records in the middle
of a server and shortens long bytes; this one keeps every byte, since the application has to send them.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.boundary import OpaqueValue
from engine.model.iterables import TUPLE, AppIterable
from engine.model.variables import WrongValue


class Ready(dict[str, object]):
    """JSON's types already: ``tagged`` returns the mapping as it is."""


def tagged(value: object) -> object:
    """JSON's types for a value of text, bytes, numbers, true, false, None, lists, tuples, iterables and mappings, at
    any depth.

    A mapping with a key that is no text, or that begins with ``$``, becomes pairs, so that no key is taken for a tag.
    Raises ValueError for any other value: there is nothing that the application could be given.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Ready):
        return dict(value)
    if isinstance(value, bytes):
        return {"$b": value.decode("latin-1")}
    if isinstance(value, tuple):
        return {"$t": [tagged(item) for item in value]}
    if isinstance(value, AppIterable):
        return {"$t" if value.kind == TUPLE else "$i": [tagged(item) for item in value.items]}
    if isinstance(value, list):
        return [tagged(item) for item in value]
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: tagged(item) for key, item in value.items()}
        return {"$d": [[tagged(key), tagged(item)] for key, item in value.items()], "class": "dict"}
    text = f"an object of the class {value.cls}" if isinstance(value, OpaqueValue) else type(value).__name__
    raise WrongValue(f"{text} cannot be handed to the application: capture a part of it")
