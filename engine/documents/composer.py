"""Composes YAML's events into a tree of nodes with source spans, and rejects everything that the language does not
allow.

After an error that is not a syntax error, composing continues, so that one run reports all errors. The work is bounded:
aliases are never followed, the depth is limited to MAX_DEPTH, and a document has at most a megabyte of text and
MAX_VALUES values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from engine.documents.diagnostics import Notes
from engine.documents.files import SourceText
from engine.documents.scalars import Surprise, scalar, surprising_key
from engine.documents.syntax import NO_ESCAPE, explain
from engine.model.nodes import Node, Scalar
from engine.model.source_span import SourceSpan

MAX_DEPTH = 60

MAX_VALUES = 50_000
"""The limit of values in a document: a megabyte of brackets would take a hundred megabytes of memory."""

NAMING = ("var", "index")
"""Keys whose values name a variable: `n`, the index of a `repeat`, is text there."""

_UNBOUNDED: Any = yaml.Loader
_LOADER: Any = getattr(yaml, "CLoader", _UNBOUNDED)

# Characters that YAML forbids, and line ends that editors and libyaml count differently.
_forbidden = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_surrogate = re.compile("[\ud800-\udfff]")


class _Unreadable(Exception):
    """The rest of the document cannot be read; the reason has been noted."""


def compose(source: SourceText, notes: Notes, *, loader: Any = None) -> Node | None:
    """The tree of a document, or None if its syntax is invalid or it is empty. Errors go to ``notes``.

    ``loader`` is the class whose events are read: libyaml's, or PyYAML's own if libyaml is missing.
    """
    for match in _forbidden.finditer(source.text):
        line = source.text.count("\n", 0, match.start()) + 1
        column = match.start() - source.text.rfind("\n", 0, match.start())
        code = ord(match[0])
        escape = f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
        what = f"the character U+{code:04X} cannot stand in a document"
        notes.claim(SourceSpan(source.file, line, column), "character", what, f'write it in quotes as "{escape}"')
        return None
    before = Notes(dict(notes.found), set(notes.taken), errors=notes.errors)
    parser = (loader or _LOADER)(source.text)
    composer = _Composer(source, notes, parser.get_event)
    try:
        return composer.document()
    except _Unreadable:
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if loader is not _UNBOUNDED and composer.may_be_deep(mark):
            # libyaml reads ahead, and some of its releases bound the depth of what they see there. PyYAML's own parser
            # has no limit, so it shows the depth of the document, or the first error.
            notes.found, notes.taken, notes.errors = before.found, before.taken, before.errors
            return compose(source, notes, loader=_UNBOUNDED)
        line, column = (mark.line, mark.column) if mark else (0, 0)
        explained = explain(error, composer.lines)
        place = composer.clamp(line, column)
        notes.claim(place, "syntax", explained.what, explained.hint)
    except yaml.YAMLError:
        notes.claim(SourceSpan(source.file, 1, 1), "syntax", "this is not YAML", "")
    except _NoCharacter:
        mark = parser.get_mark()
        notes.claim(composer.clamp(mark.line, mark.column), "syntax", *NO_ESCAPE)
    finally:
        parser.dispose()
    return None


class _NoCharacter(Exception):
    """An escape is beyond Unicode. libyaml rejects it; PyYAML's own parser passes it to ``chr``."""


class _Composer:
    """The composition of one document. The events arrive one by one, and each method consumes those of one node."""

    def __init__(self, source: SourceText, notes: Notes, next_event: Callable[[], Any]) -> None:
        self._next_event = next_event
        self.file = source.file
        self.text = source.text
        self.notes = notes
        self.lines = source.text.split("\n")
        self.depth = 0
        self.values = 0
        self.read_to = 0

    def next(self) -> Any:
        """The next event. Raises what the parser raises, and _NoCharacter."""
        try:
            event = self._next_event()
        except (ValueError, OverflowError):
            raise _NoCharacter from None
        self.read_to = event.end_mark.index
        return event

    def may_be_deep(self, mark: Any) -> bool:
        """True if brackets between the last event and an error's mark could open more than MAX_DEPTH levels."""
        ahead = self.text[self.read_to : mark.index] if mark else ""
        return self.depth + ahead.count("[") + ahead.count("{") > MAX_DEPTH

    def clamp(self, line: int, column: int) -> SourceSpan:
        """A place for a mark that may be beyond the end: that of the last text instead."""
        if line >= len(self.lines) or (line == len(self.lines) - 1 and not self.lines[line]):
            line = max(len(self.lines) - 1, 0)
            while line > 0 and not self.lines[line].strip():
                line -= 1
            column = max(len(self.lines[line]) - 1, 0)
        return SourceSpan(self.file, line + 1, column + 1)

    def document(self) -> Node | None:
        """The tree of the complete document."""
        root: Node | None = None
        count = 0
        while not isinstance(event := self.next(), yaml.StreamEndEvent):
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            count += 1
            if count > 1:
                self._claim(
                    event,
                    "documents",
                    "a file holds one document, and a second one starts here",
                    "put it into a file of its own",
                )
                return None
            if event.version or event.tags:
                self._claim(event, "directive", "YAML directives are not part of the language", "delete the line")
            root = self._node(self.next(), None, flow=False)
        if root is None:
            self.notes.claim(
                SourceSpan(self.file, 1, 1), "empty", "the file is empty", "start with `suite:` and a title"
            )
        elif root.value is None:
            self.notes.claim(
                SourceSpan(self.file, 1, 1), "empty", "the document is empty", "start with `suite:` and a title"
            )
            return None
        return root

    def _node(self, event: Any, key: SourceSpan | None, *, flow: bool, naming: bool = False) -> Node:
        place = self._place(event)
        self.values += 1
        if self.values > MAX_VALUES:
            self._claim(event, "too-large", f"this document has more than {MAX_VALUES} values", "split it")
            raise _Unreadable
        if isinstance(event, yaml.AliasEvent):
            self._claim(
                event,
                "alias",
                f"aliases are not part of the language: *{event.anchor}",
                "write the value out; anchors are not needed",
            )
            return Node(None, place, key or place)
        if event.anchor is not None:
            place = self._claim(
                event,
                "anchor",
                f"anchors are not part of the language: &{event.anchor}",
                "delete it; anchors are not needed",
            )
        if event.tag is not None:
            place = self._claim(
                event,
                "tag",
                f"tags are not part of the language: {event.tag}",
                "delete it, and quote the value if it is text",
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place, key, flow=flow, naming=naming)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._claim(event, "too-deep", f"this is more than {MAX_DEPTH} levels deep", "flatten it")
            raise _Unreadable
        value: list[Node] | dict[str, Node]
        if isinstance(event, yaml.SequenceStartEvent):
            value, end = self._sequence(flow=bool(event.flow_style))
        else:
            value, end = self._mapping(flow=bool(event.flow_style))
        self.depth -= 1
        if event.flow_style:
            place = self._span(place.line - 1, place.column - 1, end.end_mark)
        elif isinstance(value, dict) and value:
            place = SourceSpan(place.file, place.line, place.column, next(iter(value.values())).key.length)
        return Node(value, place, key or place)

    def _sequence(self, *, flow: bool) -> tuple[list[Node], Any]:
        items: list[Node] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            if _is_empty(event):
                self.notes.claim(self._place(event), "empty-value", "this item is empty", 'write null, or ""')
            items.append(self._node(event, None, flow=flow))
        return items, event

    def _mapping(self, *, flow: bool) -> tuple[dict[str, Node], Any]:
        entries: dict[str, Node] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            place = self._place(event)
            name = self._key(event, place, flow=flow)
            following = self.next()
            if name is not None and _is_empty(following):
                self._empty_value(name, place, following, broken=flow)
                node = Node(None, place, place)
            else:
                node = self._node(following, place, flow=flow, naming=name in NAMING)
            if name is None:
                continue
            if name in entries:
                first = entries[name].key
                self.notes.claim(
                    place, "duplicate-key", f"the key {name!r} is given twice", f"the first stands in line {first.line}"
                )
                continue
            entries[name] = node
        return entries, event

    def _key(self, event: Any, place: SourceSpan, *, flow: bool) -> str | None:
        """The text of a key, or None if it is not text; the error is noted then, and the events of the key are
        consumed."""
        if not isinstance(event, yaml.ScalarEvent):
            before = len(self.notes.found)
            self._node(event, place, flow=flow)
            if len(self.notes.found) == before:
                self.notes.claim(place, "key", "a key must be text", "quote it")
            return None
        if event.anchor is not None or event.tag is not None:
            self._node(event, place, flow=flow)
        text = str(event.value)
        if event.style:
            return text
        if text == "<<":
            self.notes.claim(place, "merge-key", "merge keys are not part of the language", "write the keys out")
            return None
        if text == "":
            self.notes.claim(place, "key", "a key is missing before the colon", 'write one, or quote the text: ": ..."')
            return None
        if surprise := surprising_key(text):
            self.notes.claim(place, "key", f"a key is text, and {surprise}", f'quote it: "{text}"')
        return text

    def _empty_value(self, name: str, place: SourceSpan, event: Any, *, broken: bool) -> None:
        """Report a key without a value: inside braces that is usually a text that was broken at a comma."""
        after = self.lines[place.line - 1][place.column - 1 + place.length :].lstrip()
        if broken and not after.startswith(":"):
            what = f"{name!r} has no value: inside {{...}} a comma ends a plain text"
            self.notes.claim(place, "broken-text", what, "quote the whole text that holds the comma")
        else:
            hint = 'indent what belongs to it, or write null or ""'
            self.notes.claim(place, "empty-value", f"{name!r} has no value", hint)

    def _scalar(self, event: Any, place: SourceSpan, key: SourceSpan | None, *, flow: bool, naming: bool) -> Node:
        text = str(event.value)
        value: Scalar = text
        if event.style == '"' and _surrogate.search(text):
            # libyaml refuses the escape itself, and PyYAML's own parser does not.
            self.notes.claim(place, "syntax", *NO_ESCAPE)
            return Node("", place, key or place)
        if not event.style and event.tag is None and not (naming and text in ("n", "y")):
            if text == "":
                return Node(None, place, key or place)
            read = scalar(text)
            if isinstance(read, Surprise):
                self.notes.claim(place, "surprise", read.what, read.hint)
                return Node(text, place, key or place)
            value = read
            if flow and isinstance(value, str) and (found := next((c for c in "?[]{}" if c in text), "")):
                what = f"inside {{...}} a plain text with {found!r} is read differently by different readers of YAML"
                self.notes.claim(place, "broken-text", what, f'quote it: "{text}"')
        return Node(value, place, key or place)

    def _place(self, event: Any) -> SourceSpan:
        """The place of an event: for a scalar or an alias its length in its line, else one character."""
        start = event.start_mark
        if type(event) is yaml.ScalarEvent or type(event) is yaml.AliasEvent:
            return self._span(start.line, start.column, event.end_mark)
        return SourceSpan(self.file, start.line + 1, start.column + 1)

    def _span(self, line: int, column: int, end: Any) -> SourceSpan:
        """A place that reaches to a mark in the same line, or to the end of the line; both count from 0."""
        last = end.column if end.line == line else len(self.lines[line].rstrip())
        return SourceSpan(self.file, line + 1, column + 1, last - column if last > column else 1)

    def _claim(self, event: Any, code: str, what: str, hint: str) -> SourceSpan:
        place = self._place(event)
        self.notes.claim(place, code, what, hint)
        return place


def _is_empty(event: Any) -> bool:
    return (
        isinstance(event, yaml.ScalarEvent)
        and not event.style
        and not event.value
        and not event.tag
        and not event.anchor
    )
