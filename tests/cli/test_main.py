"""The command line as a whole: its help, how fast it starts, and a reader that goes away."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from engine.cli.main import EXIT_CODES, commands, main
from tests.cli.conftest import ENGINE, Engine, clean

HEAVY = (
    "jsonschema",
    "uvloop",
    "websockets",
    "h11",
    "httpx",
    "docker",
    "yaml",
    "rich",
    "tabulate",
    "asyncio",
    "pytest",
)


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(argument: str) -> None:
    code = (
        "import sys\nfrom engine.cli.main import main\n"
        f"try:\n    main([{argument!r}])\nexcept SystemExit:\n    pass\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=clean(), capture_output=True, text=True, check=True)
    assert ran.stderr.split() == []
    assert "engine" in ran.stdout


def test_the_help_names_each_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    for command in commands().values():
        assert re.search(rf"^    {command.name} +\w", out, re.MULTILINE)
    for code, meaning in EXIT_CODES:
        assert re.search(rf"^  {code} +{re.escape(meaning)}$", out, re.MULTILINE)


@pytest.mark.parametrize("name", list(commands()))
def test_the_help_of_a_command_ends_with_examples_of_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    examples = capsys.readouterr().out.rpartition("examples:\n")[2].splitlines()
    assert examples
    assert all(line.startswith(f"  engine {name}") or line.startswith("  engine list") for line in examples)
    assert max(len(line) for line in examples) <= 80


@pytest.mark.parametrize("name", list(commands()))
def test_an_example_can_be_parsed(name: str) -> None:
    import shlex

    from engine.cli.main import parser

    for line, _ in commands()[name].examples:
        parser(commands()).parse_args(shlex.split(line)[1:])


def test_a_reader_that_goes_away_leaves_no_traceback(suites: object) -> None:
    process = subprocess.Popen(
        [*ENGINE, "list", "clauses"], env=clean(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(30) == 0


def test_an_unknown_command(engine: Engine) -> None:
    ran = engine("gird")
    assert ran.returncode == 2
    assert "invalid choice: 'gird'" in ran.stderr
