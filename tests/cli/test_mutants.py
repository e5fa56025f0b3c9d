"""``engine mutants``: a handful of mutants for real, the list, and wrong options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import main


def test_mutants_are_killed_by_the_cases_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["reference~no-date", "reference~ws-masks", "control~echo-upper", "reference~stop-exits-1"]
    assert main(["mutants", *names]) == 0
    output = capsys.readouterr().out
    for name in names:
        assert f"killed     {name}  by " in output
    assert "4 mutants: 4 killed, 0 surviving; 4 distinguishable, in " in output


def test_cases_that_no_fault_touches_let_a_mutant_survive_against_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mutants", "reference~no-date", "--whole", "--cases", "specs/contract/lifespan.yaml"]) == 1
    output = capsys.readouterr().out
    assert "surviving  reference~no-date  8 cases pass" in output
    assert "against the table: reference~no-date survives" in output


def test_a_generated_mutant_has_its_line_and_change(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "mutants",
        "--generated",
        "--seed",
        "3",
        "--sample",
        "1",
        "--whole",
        "--cases",
        "specs/lifespan/state.yaml",
    ]
    assert main(words) in (0, 1)
    output = capsys.readouterr().out
    assert "reference~generated-" in output
    assert "engine/reference/" in output
    assert "1 mutant: " in output


def test_the_list_has_the_fault_of_each_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mutants", "--list"]) == 0
    output = capsys.readouterr().out
    assert "responses have no Date" in output
    assert "mutants; the table distinguishes " in output
    assert main(["mutants", "uniform", "--list", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"mutant", "family", "fault", "killed", "timeouts"} == set(listed[0])
    assert "reference~always-500" in {one["mutant"] for one in listed}


def test_the_list_has_the_words_of_families(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mutants", "frames", "control~echo-cut", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "frames"
    assert "control" in lines
    assert lines[-1] == f"{sum('~' in line for line in lines)} mutants"
    for family in ("frames", "control"):
        assert main(["mutants", family, "--list", "--format", "json"]) == 0
        assert {one["family"] for one in json.loads(capsys.readouterr().out)} == {family}


def test_a_narrowed_list_counts_only_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["reference~no-date"], ["--sample", "1"]):
        assert main(["mutants", *words, "--list"]) == 0
        assert capsys.readouterr().out.endswith("\n\n1 mutant\n")


def test_a_run_without_a_case_has_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    suite = "specs/contract/lifespan.yaml"
    assert main(["mutants", "wsgi-control~echo-cut", "--whole", "--cases", suite]) == 3
    assert capsys.readouterr().err == "engine: no case ran\n  1 mutant: it is for ASGI apps\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no-dat"], "there is no mutant called 'no-dat'\n  did you mean 'no-date'?"),
        (["xyzzy"], "there is no mutant called 'xyzzy'\n  `engine mutants --list` lists them"),
        (["--write"], "--write is only for `--whole`"),
        (["--cases", "specs/http"], "--cases and --shared are only for `--whole`"),
        (["--sample", "0"], "--sample: expected a whole number of at least 1, got 0"),
        (["--sample", "-3", "--list"], "--sample: expected a whole number of at least 1, got -3"),
        (["--seed", "3"], "--seed is only for `--sample`"),
        (["--list", "--whole"], "--list runs nothing"),
        (["No-Date"], "did you mean 'no-date'?"),
        (["--generated", "no-date"], "--generated goes with --sample and --seed"),
    ],
)
def test_wrong_options_are_reported(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mutants", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_mutant_is_a_target_of_a_grid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--results", str(tmp_path), "--no-counterparts"]
    suite = "specs/contract/http-messages.yaml::echo[text]"
    assert main(["grid", suite, "--server", "reference", "--framework", "control~echo-upper", *place]) == 1
    assert "reference-control~echo-upper-auto" in capsys.readouterr().out
