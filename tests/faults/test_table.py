"""The table of faults is complete: every case can fail, every fault has a case that catches it, and all names exist."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.faults import apps, fastcgi_apps, fastcgi_faults, fastcgi_gates, switches
from tests.faults.fastcgi_harness import CAUGHT
from tests.faults.harness import control_cases, names
from tests.faults.table import APPS, SERVERS
from tests.reference.test_mutants import CAUGHT_BY

SPECS = Path(__file__).parents[2] / "specs"


def cases(*, that_take_sides: bool = False) -> list[str]:
    """Every case of specs/, as the table names them. One of level may takes no side, and so cannot fail."""
    found = []
    for path in sorted(SPECS.rglob("*.yaml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if "suite" in document:
            found += [
                f"{path.relative_to(SPECS).as_posix()}::{case['id']}"
                for case in document["cases"]
                if not that_take_sides or case.get("level", document.get("level")) != "may"
            ]
    return found


def test_there_are_cases() -> None:
    assert len(cases()) >= 25


def test_ids_are_unique_in_their_file() -> None:
    assert len(cases()) == len(set(cases()))


NAMED = {case for table in (SERVERS, APPS, CAUGHT) for caught in table.values() for case in caught}
BY_MUTANTS = set(CAUGHT_BY.values())
"""What a mutant of the reference breaks: it has the extensions that the small server lacks."""


@pytest.mark.parametrize("case", cases(that_take_sides=True))
def test_some_fault_breaks_the_case(case: str) -> None:
    assert case in {name.partition("[")[0] for name in NAMED | BY_MUTANTS}


def test_some_fault_breaks_each_variant_of_a_case_of_the_contract() -> None:
    expanded = [names(case.file, case.id) for case in control_cases()]
    contract = [variant for variant, _ in expanded if variant.startswith("contract/")]
    assert len(contract) == 74
    assert set(contract) <= NAMED
    assert {name for name in NAMED if "[" in name} <= {variant for variant, _ in expanded}


def test_some_fault_breaks_each_variant_of_the_24_checks_of_fastcgi() -> None:
    expanded = [names(case.file, case.id) for case in control_cases()]
    checks = [variant for variant, _ in expanded if variant.startswith("fastcgi/checks")]
    assert len(checks) >= 24
    assert set(checks) <= NAMED


def test_the_table_names_cases_that_exist() -> None:
    assert {name.partition("[")[0] for name in NAMED} <= set(cases())


def test_every_fault_has_a_case_that_catches_it() -> None:
    assert set(SERVERS) == set(switches.FAULTS)
    assert set(APPS) == set(apps.FAULTS)
    for module in (fastcgi_apps, fastcgi_faults, fastcgi_gates):
        assert set(module.CAUGHT) == set(module.FAULTS)
    assert all(caught for table in (SERVERS, APPS, CAUGHT) for caught in table.values())
