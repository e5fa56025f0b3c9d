"""``engine doctor``: what it finds, what it says to do, and its exit code."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from engine.app import health, project_paths
from engine.app.health import machine, project, tools
from engine.app.health.base import HealthFinding, HealthState, missing, ok, ran, warn
from engine.cli.doctor import drawn
from engine.cli.main import main
from engine.errors import EnvironmentFailed, StartError, UsageError
from engine.model.quantities import show_size
from engine.targets.catalog.gateways.base import FoundProgram

ROOT = Path(__file__).parents[2]
HOST = "index.invalid"


def answers(code: int, output: str = "") -> Callable[..., tuple[int, str]]:
    """A command that ends so."""
    return lambda *_, **__: (code, output)


def doctor(monkeypatch: pytest.MonkeyPatch, *found: tuple[str, HealthFinding]) -> int:
    """``engine doctor`` with these findings; its exit code."""
    checks = [(name, lambda finding=finding: finding) for name, finding in found]
    monkeypatch.setattr(health, "checks", lambda *_, **__: checks)
    return main(["doctor"])


def test_all_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(monkeypatch, ("one", ok("fine")), ("two", warn("old", "renew it"))) == 0
    assert capsys.readouterr().out == (
        "ok       one            fine\n"
        "warn     two            old\n"
        "                        -> renew it\n"
        "\n`engine grid` can run\n"
    )


def test_what_is_missing_and_needed_is_exit_code_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(monkeypatch, ("one", missing("gone", "get it")), ("two", missing("gone", optional=True))) == 3
    out = capsys.readouterr().out
    assert "missing  two            gone (optional)" in out
    assert out.endswith("`engine grid` cannot run: see one\n")


def test_what_is_missing_and_optional_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor(monkeypatch, ("one", missing("gone", optional=True))) == 0


def test_what_cannot_be_looked_at_is_missing() -> None:
    def broken() -> HealthFinding:
        raise UsageError("there is none", hint="make one")

    def unreadable() -> HealthFinding:
        raise PermissionError(13, "Permission denied")

    found = dict(health.findings([("a", broken), ("b", unreadable), ("c", lambda: ok("fine"))]))
    assert found["a"] == missing("there is none", "make one")
    assert found["b"].blocks
    assert found["c"].state is HealthState.OK


def test_a_finding_is_escaped_and_wrapped() -> None:
    lines = drawn("name", warn("\x1b[31m " + "word " * 30, "way " * 30), 80).splitlines()
    assert "\x1b" not in "".join(lines)
    assert max(len(line) for line in lines) <= 80
    assert all(line.startswith(" " * 24) for line in lines[1:])


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ((3, 10, 12), HealthState.MISSING),
        ((3, 11, 0), HealthState.OK),
        ((3, 13, 9), HealthState.OK),
        ((3, 14, 0), HealthState.WARN),
    ],
)
def test_python(version: tuple[int, int, int], state: HealthState) -> None:
    assert machine.python(version).state is state


@pytest.mark.parametrize(
    ("limit", "state"), [(64, HealthState.MISSING), (256, HealthState.WARN), (4096, HealthState.OK)]
)
def test_open_files(limit: int, state: HealthState) -> None:
    found = machine.open_files(limit)
    assert found.state is state
    assert bool(found.way_out) is (state is not HealthState.OK)


def test_windows_is_not_supported() -> None:
    assert machine.system("win32").blocks
    assert machine.system("linux").state is HealthState.OK


def test_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.ports().state is HealthState.OK

    def refused(*_: object, **__: object) -> socket.socket:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "create_server", refused)
    found = machine.ports()
    assert found.blocks
    assert "Operation not permitted" in found.found


def test_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.scratch(tmp_path).state is HealthState.OK
    (tmp_path / "file").write_text("")
    assert machine.scratch(tmp_path / "file").blocks
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 4096))
    full = machine.scratch(tmp_path)
    assert full.state is HealthState.WARN
    assert show_size(4096) in full.found


def no_uv() -> str:
    raise EnvironmentFailed("uv is not installed", hint="install it")


def test_uv() -> None:
    assert tools.uv(lambda: "/x/uv", answers(0, "uv 1.2.3 (abc)")).found.startswith("1.2.3, from the package uv")
    assert tools.uv(lambda: "/x/uv", answers(127)).blocks
    assert tools.uv(no_uv) == missing("uv is not installed", "install it")


@pytest.mark.parametrize(
    ("answer", "needed", "state"),
    [
        ((0, ""), True, HealthState.OK),
        ((2, f"error: Failed to fetch https://{HOST}/simple: dns error"), True, HealthState.MISSING),
        ((2, f"error: Failed to fetch https://{HOST}/simple: dns error"), False, HealthState.WARN),
        ((2, f"something else about {HOST}"), False, HealthState.WARN),
        ((-1, ""), True, HealthState.MISSING),
        ((-1, ""), False, HealthState.WARN),
    ],
)
def test_the_index_is_asked_once_and_never_named(answer: tuple[int, str], needed: bool, state: HealthState) -> None:
    calls = []

    def run(argv: list[str], *, within: float, given: str, env: Mapping[str, str]) -> tuple[int, str]:
        calls.append((argv, within, given))
        return answer

    found = tools.index(needed=needed, find=lambda: "/x/uv", run=run)
    assert found.state is state
    assert HOST not in found.found + found.way_out
    assert bool(found.way_out) is (state is not HealthState.OK)
    assert len(calls) == 1
    assert calls[0][1] <= 10


def test_docker_and_nginx_are_optional() -> None:
    assert tools.docker(lambda _: None).optional
    assert tools.docker(lambda _: "/x", answers(1, f"cannot connect to {HOST}")).optional
    assert HOST not in tools.docker(lambda _: "/x", answers(1, f"cannot connect to {HOST}")).found
    assert tools.docker(lambda _: "/x", answers(0, "28.1.1\n")).found == "28.1.1, its daemon answers"
    assert tools.on_path("git", ["git"], "x", lambda _: None).optional
    assert tools.on_path("git", [], "x", lambda _: "/x", answers(0, "git version 2.1\n")).found == "2.1"
    assert not any(one.blocks for one in (tools.git(), tools.nginx(), tools.docker(lambda _: None)))


def test_the_clients_of_reproduction_commands_are_optional() -> None:
    assert tools.reproduction(lambda name: f"/bin/{name}").state is HealthState.OK
    absent = tools.reproduction(lambda name: None if name == "nc" else f"/bin/{name}")
    assert (absent.optional, absent.blocks, absent.found) == (True, False, "not installed: nc")


def test_nginx_is_the_one_that_gateways_use() -> None:
    def none() -> FoundProgram:
        raise StartError("nginx was not found", hint="get one")

    here = FoundProgram(Path("/x/nginx"), "named by ENGINE_NGINX")
    found = tools.nginx(lambda: here, answers(0, "nginx version: nginx/1.2\n"))
    assert (found.state, found.found) == (HealthState.OK, "1.2, named by ENGINE_NGINX: /x/nginx")
    assert tools.nginx(lambda: here, answers(1)).state is HealthState.MISSING
    absent = tools.nginx(none)
    assert (absent.optional, absent.found, absent.way_out) == (True, "nginx was not found", "get one")


def test_a_command_that_does_not_end_is_given_up() -> None:
    assert ran(["sleep", "30"], within=0.05) == (-1, "")
    assert ran(["cat"], within=5, given="x") == (0, "x")


def test_locks_that_disagree_are_named() -> None:
    servers = {"server one": {"h11": "0.16", "own": "1"}}
    frameworks = {"framework a": {"h11": "0.16"}, "framework b": {"h11": "0.14", "other": "2"}}
    assert project.disagreements(servers, frameworks) == ["server one has h11 0.16, and framework b has 0.14"]
    assert project.disagreements(servers, {"framework a": {}}) == []


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout that is right."""
    root = tmp_path / "checkout"
    (root / "specs").mkdir(parents=True)
    (root / "pyproject.toml").write_text('[project]\nname = "asgi-conformance-engine"\n')
    shutil.copytree(ROOT / "frameworks" / "control", root / "frameworks" / "control")
    shutil.copy(ROOT / "frameworks" / "contract.yaml", root / "frameworks")
    monkeypatch.chdir(root)
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path / "cache"))
    assert main(["schemas"]) == 0
    return root


def test_a_checkout_that_is_right(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--offline"]) == 0
    out = capsys.readouterr().out
    assert "1 framework in frameworks, suites in specs" in out
    assert "a corpus without a version, of the checkout" in out
    assert re.search(r"0 of \d+ are made; the next run makes control under gunicorn\n", out)
    assert "package index" not in out


def test_the_data_of_an_installation(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "pyproject.toml").unlink()
    (checkout / "specs" / "VERSION").write_text("1.2\n")
    monkeypatch.setattr(project_paths, "DATA", checkout)
    assert project.Project().data().found == f"corpus 1.2, of the installed package, in {checkout}"
    monkeypatch.setattr(project_paths, "DATA", ROOT / "engine" / "_data")
    assert project.Project().data().found.endswith(f", of the checkout of this editable install, {ROOT}")


def test_what_is_wrong_with_a_checkout(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "specs" / "wrong.yaml").write_text("suite: X\ncategory: x\ncases: []\nnonsense: 1\n")
    (checkout / "schemas" / "suite.json").write_text("{}")
    (checkout / "results").write_text("no folder")
    lock = checkout / "frameworks" / "control" / "requirements.lock"
    lock.write_text(lock.read_text() + "gunicorn==1.0\n")
    capsys.readouterr()
    assert main(["doctor", "--offline"]) == 3
    out = capsys.readouterr().out
    assert "-> engine lint specs" in out
    assert "out of date in schemas: suite.json" in out
    assert "framework control has 1.0" in out
    assert out.endswith("`engine grid` cannot run: see results, locks, specs\n")


def test_a_lock_that_is_not_there(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = checkout / "frameworks" / "other"
    shutil.copytree(checkout / "frameworks" / "control", other)
    (other / "requirements.lock").unlink()
    capsys.readouterr()
    assert main(["doctor", "--offline"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"warn +locks +no lock for other: what needs one cannot run\n +-> engine lock other\n", out)
    assert re.search(r"0 of \d+ are made; the next run makes control under gunicorn\n", out)
    (checkout / "frameworks" / "control" / "requirements.lock").unlink()
    assert main(["doctor", "--offline"]) == 3
    out = capsys.readouterr().out
    assert "-> engine lock control other" in out
    assert out.endswith("`engine grid` cannot run: see locks\n")


def test_without_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--offline", "--frameworks", str(tmp_path)]) == 3
    assert "there is no contract.yaml" in capsys.readouterr().out


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path / "file" / "cache"))
    found = project.Project().cache()
    assert found.blocks
    assert "ENGINE_CACHE" in found.way_out
