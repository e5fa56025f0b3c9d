"""Addresses of cases among pytest's arguments: each becomes the ids of its items, one for each target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from asgi_conformance_pytest import SUFFIXES, is_of_ours, is_suite
from engine.app import addresses
from engine.errors import EngineError, UsageError
from engine.execution.planning.deliveries import addressed
from engine.model.addresses import Address, meant, parsed
from engine.pytest_plugin.options import renamed

if TYPE_CHECKING:
    from engine.pytest_plugin.state import Conformance


def expanded(arguments: Sequence[str], conformance: Conformance) -> list[str]:
    """The arguments, with the ids of items for each address. Raises pytest.UsageError for an unknown one."""
    try:
        return [one for argument in arguments for one in _items(argument, conformance)]
    except EngineError as error:
        raise pytest.UsageError(renamed(str(error), conformance.config)) from error


def _items(argument: str, conformance: Conformance) -> Iterator[str]:
    address = parsed(argument)
    file = address.file or argument
    here = conformance.config.invocation_params.dir / file
    if not (file.endswith(SUFFIXES) or is_of_ours(file)) or (here.is_file() and not is_suite(here)):
        yield argument
        return
    path = addresses.located(file, conformance.engine)
    if path is None:
        raise addresses.no_path(file, conformance.engine)
    if not address.file or not address.case:
        yield str(path)
        return
    loaded = conformance.load(path)
    if loaded.errors:
        yield str(path)  # its collector reports the errors
        return
    cases = [case for suite in loaded.suites for case in suite.cases]
    jobs = conformance.engine.plan(cases, conformance.targets)
    names = [f"{job.case.id}[{job.target.id}]" for job in jobs]
    if address.case not in names:
        wanted = Address(loaded.suites[0].file, address.case) if loaded.suites else address
        found = meant(str(wanted), [case.address for case in cases])
        if not found and (other := addressed(cases, str(wanted))):
            hint = f"add --delivery {other[0].sending}"
            raise UsageError(f"{other[0].address} is a case with another delivery than it declares", hint=hint)
        if not found:
            raise addresses.unknown(wanted, cases, loaded)
        if not conformance.extended:
            found = list(addresses.in_default_run(case for case in cases if case.address in found))
        names = [name for name, job in zip(names, jobs, strict=True) if job.case.address in found]
    else:
        names = [address.case]
    if not names:
        raise pytest.UsageError(f"{argument} runs on none of the targets; `engine show` lists the reasons")
    yield from (f"{path}::{name}" for name in names)
