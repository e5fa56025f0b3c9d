"""The probe of a server's options: one start for each group of checks, and another start with only one option if its
effect did not show among the others.

If a server does not start with all options of a group, it is started with each separately. An option with which it does
not start has no effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from engine.errors import StartError
from engine.targets.catalog.capabilities import Probed
from engine.targets.catalog.servers.base import Server
from engine.targets.probing.option_checks import CHECKS, WORKERS, OptionCheck, WithOptions

Options = tuple[tuple[str, object], ...]
Begin = Callable[[Options], Awaitable[WithOptions]]
"""Starts the bare app on the server with these options. Raises StartError."""
WORDS = frozenset(check.option for check in CHECKS)
OF_WORKERS = frozenset({"max_requests", "worker_timeout"})
"""Options that say when a worker is replaced: some servers replace only one of several."""


def checks_of(
    server: Server, unsupported: Callable[[Mapping[str, object]], Collection[str]], offers: Collection[str]
) -> tuple[OptionCheck, ...]:
    """The checks for which a server has a translation. ``unsupported`` has the reasons why it cannot be started with
    options, ``offers`` are its capabilities. An option that the runtime applies needs no translation."""
    return tuple(
        check
        for check in CHECKS
        if check.needs <= set(offers)
        and (check.option == "env" or not unsupported({check.option: check.value}))
        and not (check.option != "env" and check.option not in server.options)
    )


def merged(checks: Sequence[OptionCheck], server: Server) -> Options:
    """The options of a start: the parts of a mapping are put together. Some options need several workers."""
    found: dict[str, object] = {}
    for check in checks:
        before = found.get(check.option, ())
        both = isinstance(before, tuple) and isinstance(check.value, tuple)
        found[check.option] = tuple(sorted((*before, *check.value))) if both else check.value  # type: ignore[misc]
    if OF_WORKERS & found.keys() and "workers" in server.options:
        found["workers"] = WORKERS
    return tuple(sorted(found.items()))


async def look(checks: Sequence[OptionCheck], server: Server, begin: Begin) -> Probed:
    """The names of the checks that were performed, and of those whose effect showed."""
    result: dict[str, bool] = {}
    for group in sorted({check.group for check in checks}):
        together = [check for check in checks if check.group == group]
        found = await performed(together, server, begin)
        for check in together:
            shown = found[check.name] if found is not None else False
            if shown is False:
                alone = await performed([check], server, begin)
                shown = alone[check.name] if alone is not None else False
            if shown is not None:
                result[check.name] = shown
    return Probed(frozenset(result), frozenset(name for name, shown in result.items() if shown))


async def performed(checks: Sequence[OptionCheck], server: Server, begin: Begin) -> dict[str, bool | None] | None:
    """The findings of the checks on one start, by name; None if the server does not start with their options."""
    try:
        live = await begin(merged(checks, server))
    except StartError:
        return None
    try:
        shared = [check for check in checks if not check.last]
        found = dict(
            zip((one.name for one in shared), await asyncio.gather(*(safe(one, live) for one in shared)), strict=True)
        )
        for check in checks:
            if check.last:
                found[check.name] = await safe(check, live)
        return found
    finally:
        await live.stop(0.0)


async def safe(check: OptionCheck, live: WithOptions) -> bool | None:
    """The result of a check; None if its connection broke, which shows nothing."""
    try:
        return await check.look(live)
    except (OSError, EOFError):
        return None


def refuted(probed: Probed) -> tuple[str, ...]:
    """The options without an effect, a sentence each."""
    return tuple(
        f"the option `{name}` is translated, and the probe found no effect"
        for name in sorted(probed.looked - probed.found)
    )
