from __future__ import annotations

from engine.model.clause import Risk, greatest, rank


def test_risks_are_ordered_from_the_greatest() -> None:
    assert sorted(["", "courtesy", "leak", "unheard-of", "dos", "smuggling", "interop"], key=rank) == [
        "smuggling",
        "dos",
        "leak",
        "interop",
        "courtesy",
        "",
        "unheard-of",
    ]


def test_the_greatest_of_some() -> None:
    assert greatest([Risk.INTEROP, Risk.DOS, Risk.COURTESY]) == "dos"
    assert greatest([]) == ""
