"""Small YAML documents of the project's own (a contract, a framework's declaration), read with their places.

The suites' loader is another package and knows far more; of a declaration it is enough that an error is found and
has a place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.errors import DocumentError
from engine.model.nodes import Node, Scalar
from engine.model.source_span import SourceSpan
from engine.registry import nearest

DEEPEST = 20

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> Node:
    """The document in a file. Raises DocumentError where it cannot be read, is no YAML, or uses an alias or a tag."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"cannot read {path}: {reason(error)}", place=SourceSpan(str(path), 1, 1)) from None
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = SourceSpan(str(path), mark.line + 1, mark.column + 1) if mark else SourceSpan(str(path), 1, 1)
        raise DocumentError(f"this is not valid YAML: {getattr(error, 'problem', error)}", place=place) from None
    if root is None:
        raise DocumentError("the document is empty", place=SourceSpan(str(path), 1, 1))
    return located(root, str(path), None, 0, set())


def reason(error: OSError | UnicodeDecodeError) -> str:
    """The reason of an error with a file, in a few words."""
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8"


def located(node: yaml.Node, file: str, key: SourceSpan | None, depth: int, seen: set[int]) -> Node:
    """A node of PyYAML's as one of the engine's. ``seen`` are the ids of those that were met: an alias is a node that
    is met again, and a few of them would make a tree without end."""
    start, end = node.start_mark, node.end_mark
    width = end.column - start.column if end.line == start.line else 1
    place = SourceSpan(file, start.line + 1, start.column + 1, max(width, 1))
    if id(node) in seen:
        raise DocumentError("aliases are not part of the language", hint="write the value out", place=place)
    if depth > DEEPEST:
        raise DocumentError("this is nested too deeply", place=place)
    seen.add(id(node))
    value: Scalar | list[Node] | dict[str, Node]
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, Node] = {}
        for key_node, value_node in node.value:
            name = located(key_node, file, None, depth + 1, seen)
            if not isinstance(name.value, str):
                raise DocumentError("a key is a plain text", place=name.place)
            if name.value in entries:
                raise DocumentError(f"{name.value!r} is given twice", place=name.place)
            entries[name.value] = located(value_node, file, name.place, depth + 1, seen)
        value = entries
    elif isinstance(node, yaml.SequenceNode):
        value = [located(item, file, None, depth + 1, seen) for item in node.value]
    else:
        value = scalar(node)
    return Node(value, place, key or place)


def scalar(node: yaml.Node) -> Scalar:
    """Text, a whole number, true, false or null; everything else that YAML 1.1 would make of a word stays text."""
    text = str(node.value)
    if node.tag == "tag:yaml.org,2002:bool" and text in ("true", "false"):
        return text == "true"
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:int" and text.isascii() and text.isdigit() and str(int(text)) == text:
        return int(text)
    return text


def check_keys(node: Node, known: Mapping[str, bool], sort: str) -> None:
    """See to it that a node is a mapping with the ``known`` keys, of which those with True must be there.

    ``sort`` says in messages what it is. Raises DocumentError at the first key that is wrong or lacking.
    """
    if not isinstance(node.value, dict):
        raise DocumentError(f"{sort} is a mapping with the keys {', '.join(known)}", place=node.place)
    for name, entry in node.entries():
        if name not in known:
            raise DocumentError(f"{sort} has no key {name!r}", hint=nearest(name, known), place=entry.key)
    for name, needed in known.items():
        if needed and name not in node:
            raise DocumentError(f"{sort} lacks the key {name!r}", place=node.place)


def text_of(node: Node, name: str, default: str = "") -> str:
    """The text under a key, ``default`` without one. Raises DocumentError where there is something else."""
    found = node.get(name)
    if found is None:
        return default
    if not isinstance(found.value, str) or not found.value:
        raise DocumentError(f"{name!r} is a text", place=found.place)
    return found.value


def flag_of(node: Node, name: str) -> bool:
    """The flag under a key, False without one. Raises DocumentError where there is something else."""
    found = node.get(name)
    if found is None:
        return False
    if not isinstance(found.value, bool):
        raise DocumentError(f"{name!r} is true or false", place=found.place)
    return found.value


def number_of(node: Node, name: str, least: int, most: int) -> int:
    """The whole number under a key, 0 without one. Raises DocumentError for anything else, and for one that is out of
    range."""
    found = node.get(name)
    if found is None:
        return 0
    if isinstance(found.value, bool) or not isinstance(found.value, int) or not least <= found.value <= most:
        raise DocumentError(f"{name!r} is a whole number from {least} to {most}", place=found.place)
    return found.value


def words_of(node: Node, name: str, known: frozenset[str] | None = None) -> tuple[str, ...]:
    """The list of words under a key, () without one. Raises DocumentError for an item that is no text, or that is
    not among ``known`` where that is given."""
    found = node.get(name)
    if found is None:
        return ()
    if not isinstance(found.value, list):
        raise DocumentError(f"{name!r} is a list of words", place=found.place)
    words: list[str] = []
    for item in found.items():
        if not isinstance(item.value, str) or not item.value:
            raise DocumentError(f"{name!r} holds words only", place=item.place)
        if known is not None and item.value not in known:
            raise DocumentError(f"{name!r} knows no {item.value!r}", hint=nearest(item.value, known), place=item.place)
        words.append(item.value)
    return tuple(words)
