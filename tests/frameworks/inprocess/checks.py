"""The definition of a check, and the list of all checks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .calls import Wrong
from .server import Server


@dataclass(frozen=True)
class Check:
    """``endpoint`` is one of the contract's: ``GET /health``, ``WS /ws/echo``; or ``lifespan``."""

    endpoint: str
    name: str
    run: Callable[[Server], Awaitable[None]]

    @property
    def id(self) -> str:
        return f"{self.endpoint}: {self.name}"


CHECKS: list[Check] = []

Body = Callable[..., Awaitable[None]]


def check(endpoint: str, name: str, *arguments: object) -> Callable[[Body], Body]:
    """Put a function on the list. It is called with the server, and with ``arguments``."""

    def register(body: Body) -> Body:
        CHECKS.append(Check(endpoint, name, lambda server: body(server, *arguments)))
        return body

    return register


def same(actual: object, expected: object, what: str) -> None:
    """Raises Wrong where two values are not the same, of the same class."""
    if actual != expected or type(actual) is not type(expected):
        raise Wrong(f"{what} is {as_text(actual)}, and should be {as_text(expected)}")


def as_text(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:60]} ... ({len(text)} characters)"
