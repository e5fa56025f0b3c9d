"""The command line as a whole: its help, how fast it starts, and a reader that goes away."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cli.main import EXIT_CODES, commands, main, parser
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
        assert re.search(rf"^    {command.name}\s+\w", out, re.MULTILINE)
    for code, meaning in EXIT_CODES:
        assert re.search(rf"^  {code} +{re.escape(meaning)}$", out, re.MULTILINE)


@pytest.mark.parametrize("name", list(commands()))
def test_the_help_of_a_command_ends_with_examples_of_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    examples = capsys.readouterr().out.rpartition("examples:\n")[2].splitlines()
    assert examples
    # The purpose of a long line stands below it.
    assert all(line.startswith((f"  engine {name}", "  engine list", "      ")) for line in examples)
    assert max(len(line) for line in examples) <= 80


@pytest.mark.parametrize("name", list(commands()))
def test_an_example_can_be_parsed(name: str) -> None:
    import shlex

    for line, _ in commands()[name].examples:
        parser(commands()).parse(shlex.split(line)[1:])


def test_the_examples_name_existing_cases_and_servers() -> None:
    import shlex

    from engine.app import addresses
    from engine.app.engine import Engine as App
    from engine.app.engine import RunOptions
    from engine.app.project_paths import find
    from engine.model.addresses import meant

    app = App(find())
    what = addresses.named([], app)
    every = [case.address for suite in app.load(what.paths, what.roots).suites for case in suite.cases]
    found = []
    for name, command in commands().items():
        for line, _ in command.examples:
            parsed = parser(commands()).parse(shlex.split(line)[1:])
            selected = getattr(parsed, "server", None)  # `engine init --server` names one that is new
            servers = [server for server in selected if "@" not in server] if isinstance(selected, list) else []
            if servers:
                app.targets(RunOptions(servers=tuple(servers)))
            if name in ("try", "show"):
                found.append(meant(parsed.case, every))
    assert len(found) > 5
    assert {len(cases) for cases in found} == {1}, found


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
    assert ran.stderr == (
        "engine: there is no command 'gird'\n  did you mean 'grid'?\nusage: engine COMMAND [OPTIONS] [ARGUMENT ...]\n"
    )


TOP = "usage: engine COMMAND [OPTIONS] [ARGUMENT ...]\n"
SHOW = "usage: engine show [OPTIONS] CASE [PATH ...]\n"
GRID = "usage: engine grid [OPTIONS] [PATH|CASE ...]\n"
LIST = "usage: engine list [OPTIONS] [WHAT] [PATH|CASE|WORD ...]\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("grid --framwork control", f"`engine grid` has no option --framwork\n  did you mean '--framework'?\n{GRID}"),
        (
            "grid --loop uvlop",
            f"invalid value 'uvlop' for --loop\n  did you mean 'uvloop'? known: auto, asyncio, uvloop, both\n{GRID}",
        ),
        ("grid --repeat x", f"`engine grid`: --repeat: expected a whole number, got 'x'\n{GRID}"),
        ("grid --nginx /nonexist", f"`engine grid`: --nginx: there is no program /nonexist\n{GRID}"),
        ("schemas /dev/null", "/dev/null cannot be written: it is not a folder\n  name another folder\n"),
        (
            "new suite x --into /dev/null",
            "/dev/null cannot be written: it is not a folder\n  name another folder with --into\n",
        ),
        (
            "new framework control --into nowhere",
            "'control' is the name of a bare app\n  choose another name\n",
        ),
        ("grid -k", f"`engine grid`: -k: expected one argument\n{GRID}"),
        ("grid --zzz", f"`engine grid` has no option --zzz\n  `engine grid --help` lists the options\n{GRID}"),
        (
            "show",
            f"`engine show` needs CASE\n  `engine show --help` has examples\n{SHOW}",
        ),
        ("list --framwork=x", f"`engine list` has no option --framwork\n  did you mean '--framework'?\n{LIST}"),
        (
            "qqqq",
            f"there is no command 'qqqq'\n  `engine --help` lists the commands\n{TOP}",
        ),
        ("", f"no command\n  `engine --help` lists the commands\n{TOP}"),
    ],
)
def test_a_wrong_command_line_is_answered_with_the_nearest_name_and_the_usage_of_its_command(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2
    assert capsys.readouterr().err == f"engine: {expected}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("list cases --level must specs/http", {"what": "cases", "paths": ["specs/http"], "level": ["must"]}),
        ("explain last --raw bytes", {"run_name": "last", "case": "bytes", "raw": True}),
        ("explain last bytes --raw gunicorn", {"case": "bytes", "target": "gunicorn"}),
        ("compare last --strict last~1", {"what": ["last", "last~1"], "strict": True}),
        ("show missing-host --targets specs/http", {"case": "missing-host", "paths": ["specs/http"]}),
        ("baseline check --run --framework control suites", {"paths": ["suites"], "framework": ["control"]}),
        ("baseline --run update suites", {"action": "update", "paths": ["suites"]}),
        ("grid a -k x b --loop=both c", {"paths": ["a", "b", "c"], "keyword": "x", "loop": "both"}),
        ("lint a --format json -- --odd.yaml -", {"paths": ["a", "--odd.yaml", "-"], "format": "json"}),
        ("report -o - last", {"runs": ["last"], "output": "-"}),
    ],
)
def test_options_stand_anywhere_between_arguments(words: str, expected: dict[str, object]) -> None:
    parsed = vars(parser(commands()).parse(words.split()))
    assert {name: parsed[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["grid", "--from", ""], "--from"),
        (["grid", "--from="], "--from"),
        (["grid", "--server", " "], "--server"),
        (["grid", "--framework", ""], "--framework"),
        (["grid", "-k", ""], "-k"),
        (["grid", "--tag", ""], "--tag"),
        (["grid", ""], "PATH|CASE"),
        (["report", ""], "RUN"),
        (["explain", "last", ""], "CASE"),
        (["compare", "last", ""], "RUN|PATH|CASE"),
        (["baseline", "update", "--from", ""], "--from"),
        (["baseline", "check", "--baseline", ""], "--baseline"),
        (["logs", "--run", ""], "--run"),
        (["show", "missing-host", ""], "PATH"),
        (["lint", ""], "PATH"),
    ],
)
def test_an_empty_word_is_an_error(words: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    what, hint, usage = capsys.readouterr().err.splitlines()
    assert what == f"engine: `engine {words[0]}`: {name} is empty"
    assert hint == "  a variable of the shell may be unset"
    assert usage.startswith(f"usage: engine {words[0]} ")


@pytest.mark.parametrize("command", ["lint", "explain"])
def test_an_option_is_not_abbreviated(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--framework", "control"]) == 2
    assert capsys.readouterr().err.startswith(
        f"engine: `engine {command}` has no option --framework\n  did you mean '--frameworks'?\n"
    )


@pytest.mark.parametrize("width", ["40", "60", "140"])
@pytest.mark.parametrize("name", ["", "grid", "doctor", "explain"])
def test_the_help_is_as_wide_as_the_terminal(
    name: str, width: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    with pytest.raises(SystemExit):
        main([name, "--help"] if name else ["--help"])
    lines = capsys.readouterr().out.splitlines()
    long = [line for line in lines if len(line) > int(width)]
    # What can be copied stays on its line.
    assert all(line.lstrip().startswith(("engine ", "usage: ", "diff ", "<(", "-", "--")) for line in long), long


def test_the_help_is_coloured_where_it_is_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with pytest.raises(SystemExit):
        main(["grid", "--help"])
    out = capsys.readouterr().out
    assert "\x1b[1musage:\x1b[0m engine grid" in out
    assert "  \x1b[36m--gateway\x1b[0m NAME" in out


def test_an_error_is_coloured_as_the_command_line_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grid", "--color", "always", "--zzz"]) == 2
    assert capsys.readouterr().err.startswith("\x1b[31mengine:\x1b[0m `engine grid` has no option --zzz")


def in_encoding(encoding: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """The engine whose streams have that encoding."""
    env = {**clean(), "PYTHONIOENCODING": encoding}
    return subprocess.run([*ENGINE, *arguments], cwd=cwd, env=env, capture_output=True, timeout=120, check=False)


COMMANDS = (
    ("list", "suites"), ("list", "clauses"), ("list", "step-types"), ("show", "missing-host"), ("lint", "odd.yaml"),
    ("doctor",),
)  # fmt: skip


# What ASCII lacks is more than what Latin-1 lacks; the excerpt of a linter's error has both.
@pytest.mark.parametrize(
    ("arguments", "encoding"), [*((command, "ascii") for command in COMMANDS), (("lint", "odd.yaml"), "latin-1")]
)
def test_a_command_writes_to_streams_of_any_encoding(suites: Path, encoding: str, arguments: tuple[str, ...]) -> None:
    (suites / "odd.yaml").write_text("suite: 漢字 – …\ncases: [{id: ü, title: │}]\n", "utf-8")
    ran = in_encoding(encoding, *arguments, cwd=suites)
    assert ran.returncode in (0, 1), ran.stderr
    assert b"internal error" not in ran.stderr
    assert ran.stdout + ran.stderr
    assert encoding != "ascii" or (ran.stdout + ran.stderr).isascii()


@pytest.mark.service
def test_a_grid_has_borders_in_ascii_where_the_stream_has_no_others(suites: Path) -> None:
    ran = in_encoding("latin-1", "grid", "cases.yaml", "--framework", "control", cwd=suites)
    assert ran.returncode == 0, ran.stderr
    top, head, *_ = ran.stdout.decode("latin-1").split("\n")
    assert set(top) == {"+", "-"}
    assert head.startswith("| framework ")
    assert head.endswith("|")
    assert len(head) == len(top)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("arguments", [("list", "suites"), ("show", "missing-host")], ids=" ".join)
def test_a_full_disk_is_no_fault_of_the_engine(suites: Path, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(
            [*ENGINE, *arguments], cwd=suites, env=clean(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 2
    assert ran.stderr == "engine: the output cannot be written: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("arguments", [("lint", "nosuch"), ("lint", "--zzz"), ("gird",)], ids=" ".join)
def test_a_full_standard_error_keeps_the_exit_code(suites: Path, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        ran = subprocess.run([*ENGINE, *arguments], cwd=suites, env=clean(), stderr=full, check=False)
    assert ran.returncode == 2


def test_a_folder_that_may_not_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The user of a test may be root, whom nothing is forbidden.
    def forbidden(parsed: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", "/results/\x1bruns")

    monkeypatch.setattr("engine.cli.doctor.COMMAND", replace(commands()["doctor"], run=forbidden))
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "engine: /results/\\x1bruns: Permission denied\n"
