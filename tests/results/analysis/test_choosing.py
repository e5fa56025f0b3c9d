"""Which result a few words mean."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.choosing import choose, shortest
from engine.results.record.store import Run

G, U, S = "gunicorn-control-asyncio", "gunicorn-control-uvloop", "gunicorn-starlette-asyncio"
CELLS = {
    "specs/http/wire.yaml::host": {G: Verdict.FAIL, U: Verdict.PASS, S: Verdict.PASS},
    "specs/http/wire.yaml::missing-host": {G: Verdict.KNOWN, U: Verdict.KNOWN},
    "specs/http/wire.yaml::size[1]": {G: Verdict.PASS},
    "specs/http/wire.yaml::size[2]": {G: Verdict.PASS},
    "specs/ws/wire.yaml::one[x]": {G: Verdict.PASS, S: Verdict.WARN},
    "specs/ws/wire.yaml::host": {S: Verdict.PASS},
    "specs/ws/wire.yaml::all": {G: Verdict.FAIL, U: Verdict.FAIL},
}
RESULTS = tuple(
    JobResult(address.rpartition("::")[2], address.rpartition("::")[0], target, "c", "must", verdict)
    for address, row in CELLS.items()
    for target, verdict in row.items()
)
RUN = Run("run-1", {}, (), RESULTS, True, "whole")


@pytest.mark.parametrize(
    ("case", "target", "address", "on"),
    [
        ("specs/http/wire.yaml::host", "", "specs/http/wire.yaml::host", G),
        ("http/wire.yaml::host", "", "specs/http/wire.yaml::host", G),
        ("specs/http/wire.yaml::host", "starlette", "specs/http/wire.yaml::host", S),
        ("missing-host", "uvloop", "specs/http/wire.yaml::missing-host", U),
        ("size[2]", "", "specs/http/wire.yaml::size[2]", G),
        ("one", "", "specs/ws/wire.yaml::one[x]", S),
        ("one", G, "specs/ws/wire.yaml::one[x]", G),
        (f"specs/http/wire.yaml::host[{S}]", "", "specs/http/wire.yaml::host", S),
        (f"size[2][{G}]", "", "specs/http/wire.yaml::size[2]", G),
        ("ssing-host", "asyncio", "specs/http/wire.yaml::missing-host", G),
    ],
)
def test_words_that_mean_one(case: str, target: str, address: str, on: str) -> None:
    found = choose(RUN, case, target)
    assert (found.address, found.target) == (address, on)


@pytest.mark.parametrize(
    ("case", "target", "what", "candidates"),
    [
        ("host", "", "means 2 cases", ["specs/http/wire.yaml::host", "specs/ws/wire.yaml::host"]),
        ("size", "", "means 2 cases", ["specs/http/wire.yaml::size[1]", "specs/http/wire.yaml::size[2]"]),
        ("missing-host", "", "2 targets", [f"{G} (known)", f"{U} (known)"]),
        ("all", "", "2 targets", [f"{G} (fail)", f"{U} (fail)"]),
        ("missing-host", "granian", "none has 'granian'", [f"{G} (known)", f"{U} (known)"]),
        ("nothing", "", "has no case 'nothing'", []),
        ("mising-host", "", "has no case 'mising-host'", []),
    ],
)
def test_words_that_do_not(case: str, target: str, what: str, candidates: list[str]) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        choose(RUN, case, target)
    assert [row.strip() for row in caught.value.hint.split("\n")[1:]] == candidates


def test_many_candidates_are_counted() -> None:
    results = tuple(JobResult(f"c[{n}]", "a.yaml", G, "c", "must", Verdict.PASS) for n in range(50))
    with pytest.raises(UsageError) as caught:
        choose(Run("r", {}, (), results, True, "whole"), "c")
    assert caught.value.hint.endswith("and 30 more")


@pytest.mark.parametrize(
    ("case", "hint"),
    [
        ("mising-host", "did you mean 'missing-host'?"),
        ("specs/htp/wire.yaml::missing-host", "did you mean 'specs/http/wire.yaml::missing-host'?"),
        ("sise", "did you mean 'size'?"),
        ("nothing-like-it", "it has 7 cases; `engine list runs` lists others"),
    ],
)
def test_a_case_that_is_not_there_brings_the_nearest(case: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(RUN, case)
    assert caught.value.hint == hint


@pytest.mark.parametrize("result", RESULTS)
def test_the_fewest_words_mean_the_result(result: JobResult) -> None:
    words = shortest(RUN, result)
    assert choose(RUN, *words) is result
    for fewer in {words[:-1], (result.case,)} - {(), words}:
        assert not means(fewer, result)


def means(words: tuple[str, ...], result: JobResult) -> bool:
    try:
        return choose(RUN, *words) is result
    except UsageError:
        return False
