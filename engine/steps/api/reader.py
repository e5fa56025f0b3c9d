"""The reader that the loader hands to a step type's ``parse``."""

from __future__ import annotations

from typing import Any, Protocol

from engine.model.case import Step
from engine.model.nodes import Node
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString


class NodeReader(Protocol):
    """The reader of shared literals for ``parse``. It notes an error and continues with a harmless value.

    A ``Variable`` is returned if only the run knows the value (a capture, an index).
    """

    def bytes(self, node: Node) -> ByteString: ...

    def headers(self, node: Node) -> tuple[tuple[str, ByteString], ...]: ...

    def query(self, node: Node) -> str | tuple[tuple[str, object], ...]: ...

    def time(self, node: Node) -> float | Variable: ...

    def size(self, node: Node) -> int | Variable: ...

    def value(self, node: Node) -> Any:
        """A scalar, list or dict with JSON's types, ``{var: x}`` as a Variable; text keeps its ``$(x)``."""
        ...

    def steps(self, node: Node) -> tuple[Step, ...]: ...

    def script(self, node: Node, group: str) -> tuple[Step, ...]: ...

    def mistake(self, node: Node, what: str, hint: str = "") -> None: ...
