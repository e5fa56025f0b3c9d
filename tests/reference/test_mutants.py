"""The mutants of the reference server: their tables, and their installation. ``engine mutants`` runs cases on them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.reference.mutants import by_family, install, mutants
from engine.targets.catalog.releases import VARIANT
from engine.targets.catalog.servers.reference import SERVER
from tests.extended import some


def test_every_mutant_is_one_of_the_reference_with_a_fault_in_words() -> None:
    assert set(mutants()) == set(SERVER.mutants())
    assert all(SERVER.mutants().values())
    assert all(VARIANT.fullmatch(name) for name in mutants())
    assert sorted(name for names in by_family().values() for name in names) == sorted(mutants())
    assert not any("--mutant" in variant.flags for variant in SERVER.variants)


def test_no_two_mutants_have_the_same_words() -> None:
    assert len(set(SERVER.mutants().values())) == len(mutants())


def test_there_is_no_mutant_of_that_name() -> None:
    with pytest.raises(KeyError):
        install("no-such")


PARTS = 8
CODE = """
import os, sys
from engine.reference import main
from engine.reference.mutants import mutants

def state():
    names = [name for name in sorted(sys.modules) if name.startswith("engine.reference.") and "mutants" not in name]
    found = {}
    for module in map(sys.modules.get, names):
        for name, value in vars(module).items():
            found[module.__name__, name] = id(value)
            if isinstance(value, type):
                found |= {(module.__name__, name, key): id(one) for key, one in vars(value).items()}
    return found

before = state()
part, parts = map(int, sys.argv[1:])
for name, mutant in list(mutants().items())[part::parts]:
    if not os.fork():
        mutant.install()
        os._exit(state() == before)
    if os.wait()[1]:
        print(name)
print(len(mutants()))
"""
"""Install each mutant of a part in a process of its own, and print those that raise or change nothing."""


@pytest.mark.parametrize("part", some(range(PARTS), 1))
def test_every_mutant_can_be_installed_and_changes_the_server(part: int) -> None:
    command = [sys.executable, "-c", CODE, str(part), str(PARTS)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, str(len(mutants()))), ran.stderr
