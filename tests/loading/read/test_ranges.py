from __future__ import annotations

import pytest

from engine.documents.diagnostics import Notes
from engine.loading.read.ranges import is_range, values_of
from tests.loading.helpers import node


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{from: 1, to: 4}", [1, 2, 3, 4]),
        ("{from: -1, to: 1}", [-1, 0, 1]),
        ("{from: 3, to: 3}", [3]),
        ("{from: 0, to: 100, step: 40}", [0, 40, 80]),
        ("{from: 1, to: 1KiB, powers: 4}", [1, 4, 16, 64, 256, 1024]),
        ("{from: 1000, to: 1007, except: [1004, 1005, 1006]}", [1000, 1001, 1002, 1003, 1007]),
        ("{around: 64KiB}", [65535, 65536, 65537]),
        ("{around: 125}", [124, 125, 126]),
    ],
)
def test_values(text: str, expected: list[int]) -> None:
    notes, range_ = Notes(), node(text)
    assert is_range(range_)
    found = values_of(range_, notes)
    assert [one.value for one in found] == expected
    assert {one.place for one in found} == {range_.place}
    assert notes.sorted() == ()


@pytest.mark.parametrize(
    "text", ["{step: 1}", "{step: 1, except: 2}", "{from: a, to: b, via: c}", "{around: 1, at: 2}", "{}", "[1]"]
)
def test_other_values_are_names(text: str) -> None:
    assert not is_range(node(text))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{from: a, to: 4}", "`from` of a range is a whole number or a size"),
        ("{from: 1, to: 2.5}", "`to` of a range is a whole number or a size"),
        ("{from: true, to: 2}", "`from` of a range is a whole number or a size"),
        ("{from: 4, to: 1}", "this range has no values"),
        ("{from: 1, to: 2, except: [1, 2]}", "this range has no values"),
        ("{from: 1, to: 4, except: 3}", "`except` is a list of numbers"),
        ("{from: 1, to: 4, except: [7]}", "7 is not a value of this range"),
        ("{from: 1, to: 4, step: 0}", "`step` is 1 at least, and here it is 0"),
        ("{from: 0, to: 4, powers: 2}", "powers begin at 1 or more, and the factor is 2 at least"),
        ("{from: 1, to: 4, powers: 1}", "powers begin at 1 or more, and the factor is 2 at least"),
        ("{from: 1, to: 4, step: 2, powers: 2}", "a range has `step` or `powers`, not both"),
        ("{from: 1, to: 1000000000}", "this range has over 1000 values"),
        ("{from: 1}", "this range has no `to`"),
        ("{to: 1, step: 2}", "this range has no `from`"),
        ("{from: 1, to: 5, around: 3}", "a range with `around` has no `from`"),
        ("{around: 3, step: 2}", "a range with `around` has no `step`"),
        ("{around: 99999999999999999999999}", "`around` of a range is beyond 2**64"),
        ("{from: 0, to: -99999999999999999999999}", "`to` of a range is beyond 2**64"),
        ("{around: 1s}", "`around` of a range is a whole number or a size"),
    ],
)
def test_mistakes_leave_a_value(text: str, what: str) -> None:
    notes = Notes()
    assert values_of(node(text), notes)
    assert [one.what for one in notes.sorted()] == [what]
