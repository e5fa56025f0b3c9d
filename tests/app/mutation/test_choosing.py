"""The cases that run on each mutant."""

from __future__ import annotations

from engine.app.mutation.choosing import of_table, sampled
from engine.app.mutation.table import Row, Table

TABLE = Table(
    {
        "r~all": Row(("a", "b", "c", "d", "e")),
        "r~one": Row(("a",)),
        "r~two": Row(("a", "b")),
        "r~slow": Row((), ("a",)),
        "r~none": Row(),
    }
)


def test_a_mutant_runs_its_rarest_cases() -> None:
    chosen = of_table(TABLE, list(TABLE.rows), most=1)
    assert chosen["r~one"] == {"a"}
    assert chosen["r~two"] == {"b"}
    assert chosen["r~slow"] == {"a"}
    assert chosen["r~none"] == set()


def test_every_case_of_the_table_runs_on_a_mutant() -> None:
    chosen = of_table(TABLE, list(TABLE.rows), most=1)
    assert set().union(*chosen.values()) == {"a", "b", "c", "d", "e"}


def test_only_chosen_mutants_run() -> None:
    assert of_table(TABLE, ["r~one", "r~new"]) == {"r~one": {"a"}, "r~new": set()}


def test_a_sample_is_the_same_for_a_seed_and_in_order() -> None:
    names = [f"r~{number:03}" for number in range(100)]
    first = sampled(names, 10, 1)
    assert first == sampled(names, 10, 1) == sorted(first)
    assert first != sampled(names, 10, 2)
    assert sampled(names, 100, 1) == names
