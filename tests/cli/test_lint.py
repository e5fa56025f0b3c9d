"""``engine lint`` as a command: its formats and exit codes. Its messages are tested by tests/golden/lint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Engine

ROOT = Path(__file__).parents[2]

MISTAKE = """\
suite: S
category: c
cite: [SCOPE-01]
level: must
cases:
  - id: a
    title: A
    steps:
      - request: {pth: /scope, expect: {status: 200}}
"""

NAMED = "  - only: {frameworks: [mine, starlette, wsgi-control]}\n    id: a"


@pytest.fixture
def frameworks(tmp_path: Path) -> Path:
    """A folder of frameworks with one of the user's own."""
    folder = tmp_path / "own"
    (folder / "mine").mkdir(parents=True)
    shutil.copy(ROOT / "frameworks" / "contract.yaml", folder)
    for name in ("framework.yaml", "app.py", "requirements.lock"):
        shutil.copy(ROOT / "frameworks" / "starlette" / name, folder / "mine")
    return folder


def test_clean(engine: Engine) -> None:
    ran = engine("lint", "cases.yaml")
    assert (ran.returncode, ran.stdout) == (0, "All good: 1 file, 5 cases\n")


def test_a_mistake(engine: Engine, suites: Path) -> None:
    (suites / "wrong.yaml").write_text(MISTAKE)
    ran = engine("lint", ".")
    assert ran.returncode == 1
    assert "wrong.yaml:9:19: error[unknown-key]" in ran.stdout
    assert "did you mean 'path'?" in ran.stdout


def test_frameworks_of_ones_own_are_known(engine: Engine, suites: Path, frameworks: Path) -> None:
    (suites / "own.yaml").write_text(MISTAKE.replace("pth", "path").replace("  - id: a", NAMED))
    assert "there is no framework called 'mine'" in engine("lint", "own.yaml").stdout
    ran = engine("lint", "own.yaml", "--frameworks", str(frameworks))
    assert (ran.returncode, ran.stdout) == (0, "All good: 1 file, 1 case\n")


def test_cases_with_mistakes_were_looked_at_too(engine: Engine, suites: Path) -> None:
    other = "  - id: b\n    title: B\n    steps: [{request: {path: /scope, expect: {status: 200}}}]\n"
    (suites / "wrong.yaml").write_text(MISTAKE + other)
    ran = engine("lint", "wrong.yaml")
    assert ran.stdout.endswith("1 error in 1 file; checked 1 file, 2 cases\n")
    ran = engine("show", "wrong.yaml::a")
    assert ran.returncode == 2
    assert "the case wrong.yaml::a has errors\n  `engine lint wrong.yaml` shows them" in ran.stderr
    assert "the case wrong.yaml::a has errors" in engine("show", "a", ".").stderr


def looked_at(text: str) -> int:
    return int(text.split()[-2])


def test_the_suites_of_the_engine_are_found_from_elsewhere(engine: Engine) -> None:
    ran = engine("lint", "specs/http")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("All good: ")
    every = engine("lint")
    assert every.returncode == 0
    assert looked_at(every.stdout) > looked_at(ran.stdout) > 20
    assert "did you mean 'specs/http'?" in engine("lint", "specs/htp").stderr


def test_json(engine: Engine, suites: Path) -> None:
    (suites / "wrong.yaml").write_text(MISTAKE)
    ran = engine("lint", "wrong.yaml", "--format", "json")
    assert ran.returncode == 1
    document = json.loads(ran.stdout)
    assert document["errors"] >= 1
    assert (document["diagnostics"][0]["line"], document["diagnostics"][0]["column"]) == (9, 19)


def test_github(engine: Engine, suites: Path) -> None:
    (suites / "wrong.yaml").write_text(MISTAKE)
    ran = engine("lint", "wrong.yaml", "--format", "github")
    assert ran.stdout.startswith("::error file=wrong.yaml,line=9,col=19")


def test_large_binary_and_badly_encoded_files_get_an_answer(engine: Engine, suites: Path) -> None:
    (suites / "large.yaml").write_bytes(b"suite: x\n" + b"# filler\n" * 1_200_000)
    (suites / "binary.yaml").write_bytes(bytes(range(256)))
    (suites / "latin.yaml").write_bytes(b"suite: \xe9\n")
    (suites / "loop").symlink_to(suites, target_is_directory=True)
    ran = engine("lint", ".")
    assert ran.returncode == 1
    for name in ("large.yaml", "binary.yaml", "latin.yaml"):
        assert name in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


def test_clauses_beside_suites_may_be_cited_whatever_reads_the_suite(engine: Engine, suites: Path) -> None:
    path = suites / "project" / "suites" / "deep" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(MISTAKE.replace("pth", "path").replace("SCOPE-01", "MINE-01"))
    (suites / "project" / "pyproject.toml").write_text("")
    address = "project/suites/deep/mine.yaml::a"
    assert "there is no clause 'MINE-01'" in engine("lint", "project").stdout
    catalogue = "clauses: Mine\nlist: [{id: %s, level: must, statement: It holds.}]\n"
    clauses = suites / "project" / "suites" / "clauses" / "mine.yaml"
    clauses.parent.mkdir()
    for place in (clauses, path.with_name("clauses.yaml"), suites / "project" / "all.yml"):
        place.write_text(catalogue % "MINE-01")
        for words in (("lint", "project"), ("lint", str(path)), ("show", address), ("list", "cases", address)):
            ran = engine(*words)
            assert ran.returncode == 0, (place, words, ran.stdout + ran.stderr)
        assert "It holds." in engine("show", address).stdout
        place.unlink()
    # One that stands elsewhere, or is another by now, is not known.
    (suites / "elsewhere.yaml").write_text(catalogue % "MINE-01")
    assert engine("lint", "project").returncode == 1
    clauses.write_text(catalogue % "MINE-02")
    assert engine("lint", "project").returncode == 1


def test_a_clause_without_a_case_needs_a_reason(engine: Engine, suites: Path) -> None:
    (suites / "clauses").mkdir()
    file = suites / "clauses" / "own.yaml"
    entry = "  - {{id: OWN-{}, level: must, statement: S{}}}\n"
    file.write_text(f"clauses: C\nlist:\n{entry.format(1, '')}{entry.format(2, '')}")
    (suites / "own.yaml").write_text(MISTAKE.replace("pth", "path").replace("SCOPE-01", "OWN-1"))
    for path in (".", "clauses/own.yaml"):
        ran = engine("lint", path)
        assert ran.returncode == 1
        assert "clauses/own.yaml:4:10: error[untested]: no case cites OWN-2" in ran.stdout
        assert "OWN-1" not in ran.stdout
    file.write_text(f"clauses: C\nlist:\n{entry.format(1, '')}{entry.format(2, ', untested: {reason: missing}')}")
    assert engine("lint", ".").returncode == 0
    file.write_text(f"clauses: C\nlist:\n{entry.format(1, ', untested: {reason: missing}')}")
    ran = engine("lint", ".")
    assert "clauses/own.yaml:3:10: error[tested]: OWN-1 is `untested`, but cases cite it" in ran.stdout
