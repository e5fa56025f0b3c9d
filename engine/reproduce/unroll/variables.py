"""Values of a case as Python expressions. A variable that only a run knows is a name in the expression. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping

from engine.model.iterables import TUPLE, AppIterable
from engine.model.network import IPV4, IPV6, UNIX, authority
from engine.model.target import schemes
from engine.model.variables import Variable, fill, resolve
from engine.model.wire_bytes import ByteString, ByteStringPart, render_part
from engine.reproduce.unroll.source import CannotUnroll, bytes_literal

# The address that stands in the bytes; it has as many digits as any port that the client may really use.
HOSTS = {listen: authority((host, 8000)) for listen, host in ((IPV4, "127.0.0.1"), (IPV6, "::1"), (UNIX, "/"))}
RUN = "repro"
SLOT = re.compile(r"<<<([0-9]+)>>>")
LONG = 128


class Dynamic(int):
    """A value that only a run of the client knows: ``expression`` is its Python expression. In text it is a slot."""

    expression: str
    slot: int

    def __new__(cls, expression: str, slot: int) -> Dynamic:
        made = super().__new__(cls, 0)
        made.expression = expression
        made.slot = slot
        return made

    def __str__(self) -> str:
        return f"<<<{self.slot}>>>"

    def __add__(self, other: int) -> Dynamic:
        return Dynamic(f"{self.expression} + {other}", self.slot)

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Names(MutableMapping[str, object]):
    """The variables of a case: the values that are known, and for others the Python names that hold them. ``host`` is
    the value of the Host header for the address at which the server listens."""

    def __init__(self, values: Mapping[str, object], listen: str = IPV4) -> None:
        self.host = HOSTS[listen]
        own: dict[str, object] = {"host": self.host, "run": RUN, "http_version": "1.1", **schemes(tls=False)}
        self._values: dict[str, object] = {**own, **values}
        self.expressions: list[str] = []
        self._binary: set[int] = set()

    def bind(self, name: str, expression: str) -> None:
        """Let a variable be a Python expression from now on."""
        self.expressions.append(expression)
        self._values[name] = Dynamic(expression, len(self.expressions) - 1)

    def __getitem__(self, name: str) -> object:
        if name in self._values:
            return self._values[name]
        head, dot, rest = name.partition(".")
        found = self._values.get(head)
        if dot and isinstance(found, Dynamic):
            return Dynamic(f"at({found.expression}, {rest!r})", found.slot)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        try:
            return (isinstance(name, str) and self[name] is not None) or name in self._values
        except KeyError:
            return False

    def __setitem__(self, name: str, value: object) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, value: str) -> str:
        """An expression for a text."""
        return self.slotted(fill(value, self))

    def slotted(self, text: str) -> str:
        """An expression for a text with slots."""
        if not SLOT.search(text):
            return repr(text)
        parts = []
        at = 0
        for slot in SLOT.finditer(text):
            if slot.start() > at:
                parts.append(repr(text[at : slot.start()]))
            if int(slot[1]) in self._binary:
                raise CannotUnroll("a text contains bytes that only a run knows")
            parts.append(f"text({self.expressions[int(slot[1])]})")
            at = slot.end()
        if at < len(text):
            parts.append(repr(text[at:]))
        return " + ".join(parts)

    def octets(self, data: bytes, known: Mapping[bytes, str] | None = None) -> str:
        """An expression for bytes with slots."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return bytes_literal(data, known)
        if not SLOT.search(text):
            return bytes_literal(data, known)
        parts = []
        at = 0
        for slot in SLOT.finditer(text):
            if slot.start() > at:
                parts.append(bytes_literal(text[at : slot.start()].encode()))
            found = self.expressions[int(slot[1])]
            parts.append(found if int(slot[1]) in self._binary else f"text({found}).encode()")
            at = slot.end()
        if at < len(text):
            parts.append(bytes_literal(text[at:].encode()))
        return " + ".join(f"({one})" if "\n" in one else one for one in parts)

    def render(self, data: ByteString) -> bytes:
        """The bytes of a byte string, with slots for what a run knows. Raises CannotUnroll."""
        return b"".join([self._rendered(one) for one in data.parts])

    def _rendered(self, one: ByteStringPart) -> bytes:
        used = any(isinstance(value, Dynamic) for value in variables_in(one.argument, self))
        if not used or one.word in ("text", "head", "lines", "var"):
            return render_part(one, self)
        if not isinstance(one.argument, Mapping):
            raise CannotUnroll(f"a byte string of the form `{one.word}` contains a value that only a run knows")
        match one.word:
            case "fill":
                call = (
                    f"filled({self.octets(self.render(one.argument['of']))}, {self.expression(one.argument['size'])})"
                )
            case "chunked":
                pieces = [self.octets(self.render(piece)) for piece in one.argument["pieces"]]
                call = f"in_chunks({', '.join(pieces)})"
            case "times":
                call = f"{self.octets(self.render(one.argument['of']))} * {self.expression(one.argument['count'])}"
                call = f"({call})"
            case _:
                raise CannotUnroll(f"a byte string of the form `{one.word}` contains a value that only a run knows")
        self.expressions.append(call)
        self._binary.add(len(self.expressions) - 1)
        return f"<<<{len(self.expressions) - 1}>>>".encode()

    def expression(self, value: object, *, wire: bool = False) -> str:
        """An expression for any value; ``wire`` makes texts bytes."""
        if isinstance(value, Dynamic):
            return value.expression
        if isinstance(value, Variable):
            return self.expression(resolve(value, self), wire=wire)
        if isinstance(value, ByteString):
            return self.octets(self.render(value), large(value, self))
        if isinstance(value, str):
            filled = fill(value, self)
            return self.octets(filled.encode()) if wire else self.slotted(filled)
        if isinstance(value, bytes):
            return self.octets(value)
        if isinstance(value, bool) or value is None:
            return repr(value)
        if isinstance(value, float):
            return f"{float(value):.10g}" if float(value).is_integer() is False else repr(float(value))
        if isinstance(value, int):
            return repr(int(value))
        if isinstance(value, Mapping):
            items = [f"{self.text(str(key))}: {self.expression(item)}" for key, item in value.items()]
            return "{" + ", ".join(items) + "}"
        if isinstance(value, AppIterable):
            items = [self.expression(item) for item in value.items]
            return (
                f"({''.join(f'{item}, ' for item in items)})" if value.kind == TUPLE else f"iter([{', '.join(items)}])"
            )
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(self.expression(item) for item in value) + "]"
        raise CannotUnroll(f"a value of the type {type(value).__name__} has no form in Python")


def variables_in(argument: object, names: Names) -> Iterator[object]:
    """The values of the variables in the argument of a byte string's part."""
    if isinstance(argument, Variable):
        yield resolve(argument, names)
    elif isinstance(argument, ByteString):
        for one in argument.parts:
            yield from variables_in(one.argument, names)
    elif isinstance(argument, str):
        for name in re.findall(r"(?<!\$)\$\(([^)]*)\)", argument):
            yield names[name]
    elif isinstance(argument, Mapping):
        for item in argument.values():
            yield from variables_in(item, names)
    elif isinstance(argument, (list, tuple)):
        for item in argument:
            yield from variables_in(item, names)


def large(data: ByteString | None, names: Names) -> dict[bytes, str]:
    """Expressions for the long parts of a byte string that are not written out: random bytes and repeated ones."""
    found: dict[bytes, str] = {}
    for one in data.parts if data is not None else ():
        if one.word == "random" and isinstance(one.argument, Mapping):
            size, seed = (resolve(one.argument[key], names) for key in ("size", "seed"))
            rendered = render_part(one, names)
            if len(rendered) >= LONG:
                found[rendered] = f"random.Random({seed}).randbytes({size})"
        elif one.word == "var" and isinstance(one.argument, Variable):
            value = resolve(one.argument, names)
            if isinstance(value, ByteString):
                found |= large(value, names)
        else:
            found |= inner(one, names)
    return found


def inner(one: ByteStringPart, names: Names) -> dict[bytes, str]:
    """The same for the byte strings inside a part."""
    if not isinstance(one.argument, Mapping):
        return {}
    values = [item for value in one.argument.values() for item in (value if isinstance(value, tuple) else (value,))]
    found: dict[bytes, str] = {}
    for value in values:
        if isinstance(value, ByteString):
            found |= large(value, names)
    return found
