"""The wrong ASGI app of a service: the bare app with the fault that the environment names."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

from . import behind, contract, ends, features, forms, obligations, redirects
from .base import App, Receive, Scope, Send, Wrong, right_app

MUTANTS: Mapping[str, Wrong] = {
    **behind.MUTANTS,
    **contract.MUTANTS,
    **ends.MUTANTS,
    **features.MUTANTS,
    **forms.MUTANTS,
    **obligations.MUTANTS,
    **redirects.MUTANTS,
}


@functools.cache
def chosen() -> App:
    """The wrong app. Raises KeyError if the environment names no fault, or an unknown one."""
    wrong: App = MUTANTS[os.environ["ENGINE_MUTANT"]].wrap(right_app())
    return wrong


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The wrong app."""
    await chosen()(scope, receive, send)
