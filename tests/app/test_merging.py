"""Runs of several machines as one: order, repeats, machines, the baseline, and everything that is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.app.engine import Engine
from engine.app.merging import Merged, merge, overlap
from engine.app.project_paths import find
from engine.errors import ResultsError, UsageError
from engine.model.baseline import KnownFailure
from engine.model.case import Selector
from engine.model.result_event import ResultEvent
from engine.model.source_span import SourceSpan
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.verdict import JobResult, Recheck, Verdict
from engine.results.baseline.baseline import judged, unexcused
from engine.results.record.store import FILE, Store, read
from tests.results.synthetic import result, row

TODAY = date(2026, 1, 1)
CASES = ["suite.yaml::one", "suite.yaml::two"]
TARGETS = {"a f": 1, "b f": 2}
SHARDS = {row(name).id: shard for name, shard in TARGETS.items()}

PASS, FAIL = Verdict.PASS, Verdict.FAIL


def record(
    folder: Path,
    *cells: tuple[str, str, Verdict] | JobResult,
    shard: int = 0,
    ended: str = "whole",
    started: float = 100.0,
    partition: str = "abc",
    **header: Any,
) -> Path:
    """The record of a run with these cells: the short name of a target, a case and a verdict each."""
    results = [
        one if isinstance(one, JobResult) else result(row(one[0]), one[2], case=f"suite.yaml::{one[1]}")
        for one in cells
    ]
    names = {row(name).id: row(name) for name in TARGETS}
    targets = list(dict.fromkeys(one.target for one in results))
    note = {"shard": shard, "of": 2, "partition": partition, "targets": SHARDS}
    known = {
        "started": started, "engine": "1.0", "python": "3.11.7", "system": f"System {folder.name}",
        "machine": {"cores": 2}, "arguments": ["grid"], "targets": targets, "cases": CASES,
        "digests": {"suite.yaml": "aa"}, "data": {"corpus": "1"}, **({"shard": note} if shard else {}),
    }  # fmt: skip
    store = Store(folder, folder.name, {**known, **header})
    for target in targets:
        store.target(replace(names[target], python="3.12.1"))
    for one in results:
        store.take(ResultEvent(0, replace(one, started=started, recheck=None)))
        if one.recheck is not None:
            store.take(ResultEvent(0, one, attempt=2))
    if ended != "cut":
        store.close(ended)
    return folder


def shards(folder: Path) -> list[Path]:
    one = record(folder / "r1", ("a f", "one", PASS), ("a f", "two", FAIL), shard=1)
    return [one, record(folder / "r2", ("b f", "two", PASS), ("b f", "one", PASS), shard=2, started=90.0)]


def merged(folders: Sequence[Path], output: Path, known: Path | None = None) -> Merged:
    engine = Engine(find(), baseline=str(known or ""))
    return merge([(one.name, one) for one in folders], output, engine, TODAY)


def test_shards_are_one_run(tmp_path: Path) -> None:
    found = merged(shards(tmp_path), tmp_path / "m")
    assert (found.lacks, found.counts, found.targets) == ((), {"pass": 3, "fail": 1}, 2)
    run = read(tmp_path / "m")
    assert run.whole
    assert [(one.case, one.target, one.verdict) for one in run.results] == [
        ("one", "a-f-asyncio", PASS), ("one", "b-f-asyncio", PASS),
        ("two", "a-f-asyncio", FAIL), ("two", "b-f-asyncio", PASS),
    ]  # fmt: skip
    assert [(one.id, one.python, one.system, one.machine) for one in run.targets] == [
        ("a-f-asyncio", "3.12.1", "System r1", {"cores": 2}), ("b-f-asyncio", "3.12.1", "System r2", {"cores": 2}),
    ]  # fmt: skip
    assert [part["run"] for part in run.header["parts"]] == ["r2", "r1"]
    assert (run.header["started"], run.header["jobs"], run.header["machine"]) == (90.0, 4, {"cores": 2})
    assert "system" not in run.header
    # Two cases of 0.01 s, both at the same time.
    assert found.seconds["a-f-asyncio"] == {"suite.yaml": pytest.approx(0.005)}


def test_jobs_that_run_at_the_same_time_count_once() -> None:
    assert overlap([(0.0, 2.0), (5.0, 2.0)]) == 1.0
    assert overlap([(1.0, 2.0), (0.0, 4.0), (3.5, 2.5)]) == pytest.approx(6.0 / 8.5)
    assert overlap([]) == overlap([(1.0, 0.0)]) == 0.0


def test_the_order_of_the_runs_makes_no_difference(tmp_path: Path) -> None:
    runs = [*shards(tmp_path), record(tmp_path / "r3", ("a f", "one", FAIL), shard=1, started=300.0)]
    merged(runs, tmp_path / "m")
    first = (tmp_path / "m" / FILE).read_bytes()
    merged(runs[::-1], tmp_path / "m")
    assert (tmp_path / "m" / FILE).read_bytes() == first


def test_a_merged_run_merges_again(tmp_path: Path) -> None:
    one, other = shards(tmp_path)
    half = merged([one], tmp_path / "half")
    assert half.lacks == ("shard 2/2 is missing: b-f-asyncio",)
    assert not read(tmp_path / "half").whole
    assert merged([tmp_path / "half", other], tmp_path / "m").lacks == ()
    direct = merged([one, other], tmp_path / "direct")
    again = (tmp_path / "m" / FILE).read_text().replace('"run":"m"', '"run":"direct"')
    assert again == direct.path.read_text()
    assert merged([tmp_path / "m", one], tmp_path / "n").counts == direct.counts


def test_a_result_counts_once_and_differing_ones_are_flaky(tmp_path: Path) -> None:
    one, other = shards(tmp_path)
    again = record(tmp_path / "r3", ("a f", "one", PASS), ("a f", "two", PASS), shard=1, started=200.0)
    found = merged([one, other, again], tmp_path / "m")
    assert found.counts == {"pass": 3, "flaky": 1}
    flaky = next(one for one in read(tmp_path / "m").results if one.verdict is Verdict.FLAKY)
    assert flaky.reason == "passed 1 of 2; fail once: expected status 200, got 500"
    assert [one.verdict for one in flaky.attempts] == [FAIL, PASS]
    assert flaky.mismatches
    third = record(tmp_path / "r4", ("a f", "two", PASS), shard=1, started=400.0)
    merged([tmp_path / "m", third], tmp_path / "n")
    flaky = next(one for one in read(tmp_path / "n").results if one.verdict is Verdict.FLAKY)
    assert flaky.reason == "passed 2 of 3; fail once: expected status 200, got 500"


def test_the_baseline_is_applied_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    suite = "suite: S\ncategory: c\ncite: [SCOPE-01]\nlevel: must\ncases:\n"
    case = "  - id: {}\n    title: T\n    steps:\n      - request: {{path: /, expect: {{status: 200}}}}\n"
    Path("suite.yaml").write_text(suite + case.format("one") + case.format("two"))
    known = Path("known-failures.yaml")
    entry = "  - {{case: 'suite.yaml::{}', because: it is broken, link: 'https://example.org/1'}}\n"
    known.write_text("known-failures: K\nlist:\n" + entry.format("two") + entry.format("one"))
    assert merged(shards(tmp_path), tmp_path / "m").counts == {"known": 1, "unexpected-pass": 3}
    (listed,) = (one for one in read(tmp_path / "m").results if one.verdict is Verdict.KNOWN)
    assert listed.reason == "expected status 200, got 500; known: it is broken (https://example.org/1)"
    known.write_text("known-failures: K\nlist: []\n")
    assert merged([tmp_path / "m"], tmp_path / "n").counts == {"fail": 1, "pass": 3}
    known.unlink()
    Path("suite.yaml").unlink()
    found = merged([tmp_path / "m"], tmp_path / "o")
    assert (found.counts, found.unread) == ({"known": 1, "unexpected-pass": 3}, ("suite.yaml",))


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.FLAKY, Verdict.PASS])
def test_a_result_without_its_baseline_is_what_it_was(verdict: Verdict) -> None:
    line = KnownFailure("suite.yaml::one", Selector(), "it is broken", "", SourceSpan("k.yaml", 3, 5))
    plain = result(row("a f"), verdict, case="suite.yaml::one")
    assert unexcused(judged(plain, row("a f"), [line], TODAY)) == plain
    over = replace(line, until=date(2025, 1, 1))
    assert unexcused(judged(plain, row("a f"), [over], TODAY)) == plain


def test_traffic_and_reruns_are_kept(tmp_path: Path) -> None:
    event = TraceEvent(0.5, Side.APP, "call 1", "sent", "x" * 5000)
    one = result(row("a f"), FAIL, case=CASES[0])
    one = replace(one, transcript=Transcript(0.0, (event,)), recheck=Recheck(PASS, "", True))
    runs = [record(tmp_path / "r1", one, shard=1), record(tmp_path / "r2", ("b f", "one", PASS), shard=2)]
    merged(runs, tmp_path / "m")
    merged([tmp_path / "m"], tmp_path / "n")
    before, after = read(tmp_path / "r1").results[0], read(tmp_path / "n").results[0]
    assert after == before
    assert after.recheck == Recheck(PASS, "", True)


def test_everything_that_is_missing_is_named(tmp_path: Path) -> None:
    one, other = shards(tmp_path)
    cut = record(tmp_path / "r3", ("b f", "one", PASS), shard=2, ended="cut")
    assert merged([one, cut], tmp_path / "m").lacks == ("shard 2/2 is not complete (r3: cut short)",)
    assert merged([tmp_path / "m", other], tmp_path / "n").lacks == ()
    text = (other / FILE).read_text().splitlines(keepends=True)
    (other / FILE).write_text("".join([*text[:2], *text[3:]]))
    assert merged([one, other], tmp_path / "o").lacks == ("shard 2/2 is not complete (r2: 1 of 2 results)",)
    early = record(tmp_path / "r5", ("a f", "one", PASS), ended="interrupted")
    assert merged([early], tmp_path / "p").lacks == ("r5 is not complete: interrupted",)


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ({"engine": "1.1"}, "r3 has engine 1.1, and r1 has 1.0"),
        ({"data": {"corpus": "2"}}, "r3 has corpus 2, and r1 has 1"),
        ({"digests": {"suite.yaml": "bb"}}, "r3 has other contents of suite.yaml than r1"),
        ({"partition": "d"}, r"r3 has partition d \(2 shards\), and r1 has abc"),
        ({"shard": 0}, r"r3 has partition none, and r1 has abc \(2 shards\)"),
    ],
)
def test_runs_that_do_not_belong_together(tmp_path: Path, header: dict[str, Any], what: str) -> None:
    one = shards(tmp_path)[0]
    other = record(tmp_path / "r3", ("b f", "one", PASS), **{"shard": 2, "started": 200.0, **header})
    with pytest.raises(UsageError, match=what):
        merged([other, one], tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    one, other = shards(tmp_path)
    with pytest.raises(UsageError, match="is one of the runs"):
        merged([one, other], other)
    with pytest.raises(UsageError, match="a run that was not merged"):
        merged([one], other)


def test_a_file_that_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    with pytest.raises(ResultsError, match="cannot be read"):
        merged([tmp_path / "r"], tmp_path / "m")
    (tmp_path / "r" / FILE).write_text("[]\n")
    with pytest.raises(ResultsError, match="line 1, is not a JSON object"):
        merged([tmp_path / "r"], tmp_path / "m")


def test_a_controller_of_xdist_has_its_plan_behind_the_header(tmp_path: Path) -> None:
    one, other = shards(tmp_path)
    lines = (one / FILE).read_text().splitlines()
    header = json.loads(lines[0])
    plan = {name: header.pop(name) for name in ("shard", "cases", "targets", "digests")}
    header.update(cases=[], targets=[], digests={})
    (one / FILE).write_text(
        "\n".join([json.dumps(header), *lines[1:-1], json.dumps({"kind": "plan", **plan}), lines[-1]])
    )
    with (one / FILE).open("a") as file:
        file.write("\n")
    assert read(one).header["shard"]["shard"] == 1
    assert merged([one, other], tmp_path / "m").lacks == ()
