"""Targets by their ids, and the servers that an engine knows."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from engine.app.engine import ALL, Engine, RunOptions
from engine.app.naming import target_called, words_of
from engine.app.probing import probed
from engine.app.project_paths import find
from engine.errors import UsageError
from engine.model.commands import grid, serve, served
from engine.targets.catalog.releases import Checkout
from engine.targets.matrix.selection import replace_label
from tests.caches import with_documents

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("ENGINE_CACHE", str(with_documents(tmp_path / "cache")))
    return Engine(find(str(tmp_path)))


def test_an_id_has_the_words_of_server_and_framework() -> None:
    names, servers = ["control", "my-control"], ["gunicorn", "uvicorn"]
    assert words_of("gunicorn-control-auto", servers, names) == ("gunicorn", "control")
    assert words_of("gunicorn==26.2.0~a-b-control-uvloop", servers, names) == ("gunicorn==26.2.0~a-b", "control")
    assert words_of("gunicorn-my-control-auto", servers, names) == ("gunicorn", "my-control")
    assert words_of("gunicorn-control==1.2-auto", servers, names) == ("gunicorn", "control==1.2")
    assert words_of("gunicorn-control@../my-control-auto", servers, names) == ("gunicorn", "control@../my-control")
    assert words_of("gunicorn@../a-control-b-control@c-auto", servers, names) == (
        "gunicorn@../a-control-b",
        "control@c",
    )
    assert words_of("gunicorn", servers, names) == words_of("gunicorn-other-auto", servers, names) == ("", "")


def test_a_target_of_any_pinned_server(engine: Engine) -> None:
    assert target_called(engine, "granian-control-uvloop").id == "granian-control-uvloop"
    assert target_called(engine, "gunicorn-django-auto").framework == "django"


def test_a_target_says_which_release_and_variant_it_wants(engine: Engine) -> None:
    target = target_called(engine, "gunicorn==26.2.0~two-workers-control-auto")
    assert (target.release, target.variant) == ("==26.2.0", "two-workers")
    assert engine.configured[target.configuration].variant.flags == ("--workers", "2")
    target = target_called(engine, "gunicorn~mine-control-auto", variants=["mine: --workers 3"])
    assert engine.configured[target.configuration].variant.flags == ("--workers", "3")


def test_a_target_with_a_mutant_of_the_bare_app(engine: Engine) -> None:
    for framework in ("control", "wsgi-control"):
        name = next(iter(engine.frameworks[framework].mutants()))
        (target,) = engine.targets(RunOptions(servers=("gunicorn",), frameworks=(f"{framework}~{name}",)))
        assert target_called(engine, served(target)) == target


def test_a_checkout_is_called_by_its_label(engine: Engine) -> None:
    target = target_called(engine, "gunicorn@thing-control-auto", ["gunicorn@/somewhere/thing"])
    release = engine.configured[target.configuration].release
    assert isinstance(release, Checkout)
    assert release.folder == Path("/somewhere/thing")


def test_a_printed_command_names_the_very_target(engine: Engine) -> None:
    options = RunOptions(
        servers=(
            "gunicorn@../b/thing",
            "gunicorn@../a/thing~mine",
            "hypercorn==0.16.0",
            "uvicorn@git+https://me@h/u@x",
        ),
        frameworks=("control",),
        variants=("mine: --workers 3",),
    )
    found = engine.targets(options)
    assert [shlex.join(serve(target)) for target in found] == [
        "engine serve gunicorn@../b/thing-control-auto",
        "engine serve 'gunicorn@../a/thing~mine-control-auto' --variant 'mine: --workers 3'",
        "engine serve hypercorn==0.16.0-control-auto",
        "engine serve uvicorn-h11@git+https://h/u@x-control-auto",
        "engine serve uvicorn-httptools@git+https://h/u@x-control-auto",
    ]
    # The two checkouts have one label, so the id of the second means nothing beside the first alone.
    for target in found[:3]:
        again = target_called(engine, served(target), variants=options.variants if target.variant else ())
        one, other = engine.configured[again.configuration], engine.configured[target.configuration]
        assert replace_label(one.release, "") == replace_label(other.release, "")
        assert one.variant == other.variant


def test_a_printed_command_names_the_framework_s_release(engine: Engine) -> None:
    options = ("starlette==0.46.0", "starlette@../b/thing", "starlette@git+https://me@h/u@x", "starlette")
    found = engine.targets(RunOptions(servers=("gunicorn@../gunicorn",), frameworks=options))
    assert [shlex.join(serve(target)) for target in found] == [
        "engine serve gunicorn@../gunicorn-starlette==0.46.0-auto",
        "engine serve gunicorn@../gunicorn-starlette@../b/thing-auto",
        "engine serve gunicorn@../gunicorn-starlette@git+https://h/u@x-auto",
        "engine serve gunicorn@../gunicorn-starlette-auto",
    ]
    assert grid("a.yaml", found[1])[5:7] == ["--framework", "starlette@../b/thing"]
    for target in (found[0], found[1], found[3]):
        again = target_called(engine, served(target))
        assert (again, again.framework_source) == (target, target.framework_source)
    labelled = target_called(engine, "gunicorn-starlette@thing-auto", frameworks=["starlette@../b/thing"])
    assert labelled.framework_source == "@../b/thing"
    with pytest.raises(UsageError, match="there is no target"):
        target_called(engine, "gunicorn-starlett==0.46.0-auto")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nosuch", "`engine list targets` lists them"),
        (
            "gunicorn-control-asynci",
            "did you mean 'gunicorn-control-asyncio'? `engine list targets` lists them",
        ),
        ("gunicorn-starlete-auto", "did you mean 'gunicorn-starlette-auto'? `engine list targets` lists them"),
        (
            "hypercorn",
            "did you mean 'hypercorn-control-auto' or 'hypercorn-control-asyncio' or 'hypercorn-control-uvloop'? "
            "`engine list targets` lists them",
        ),
    ],
)
def test_an_unknown_target_is_answered_with_the_nearest(engine: Engine, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        target_called(engine, name)
    assert raised.value.hint == hint


def test_a_printed_command_has_what_the_target_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    engine = Engine(find(str(tmp_path), "frameworks"), nginx="/opt/nginx")
    (target,) = engine.targets(RunOptions(servers=("gunicorn",), frameworks=("control",), gateways=("nginx-http",)))
    assert serve(target)[2:] == [
        "gunicorn-control-auto-nginx-http", "--nginx", "/opt/nginx", "--frameworks", "frameworks",
    ]  # fmt: skip
    assert grid("specs/a.yaml::b[1]", target, "--strict") == [
        "engine", "grid", "specs/a.yaml::b[1]", "--server", "gunicorn", "--framework", "control", "--gateway",
        "nginx-http", "--nginx", "/opt/nginx", "--frameworks", "frameworks", "--strict",
    ]  # fmt: skip
    url = "control=http://127.0.0.1:9"
    (running,) = Engine(find(str(tmp_path)), way="running", urls=(url,)).targets(RunOptions(frameworks=("control",)))
    assert serve(running) == []
    assert grid("a", running)[-4:] == ["--runtime", "running", "--url", url]


@pytest.mark.parametrize(
    ("name", "what", "hint"),
    [
        ("gunicron-control-auto", "no target 'gunicron-control-auto'", "did you mean 'gunicorn-control-auto'?"),
        ("gunicron==1.0-control-auto", "no server called 'gunicron'", "did you mean 'gunicorn'?"),
        ("gunicorn~none-control-auto", "no variant called 'none'", "--variant 'none: FLAGS'"),
        ("gunicorn==1.0-contrl-auto", "no target 'gunicorn==1.0-contrl-auto'", "did you mean"),
    ],
)
def test_targets_that_there_are_not(engine: Engine, name: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        target_called(engine, name)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_a_front_runs_the_default_server_where_nobody_says_which(engine: Engine) -> None:
    found = {(target.server, target.gateway, target.interface) for target in engine.targets(RunOptions())}
    assert found == {("gunicorn", "direct", "asgi"), ("fcgisgi", "nginx-fastcgi", "wsgi")}
    everything = engine.every(RunOptions(servers=(ALL,)))
    by_name = {one.name for one in engine.servers.values() if one.by_name_only}
    assert by_name == {"anycorn", "uvicorn-zttp"}
    assert {target.server for target in everything} == set(engine.servers) - by_name
    assert {target.server for target in engine.every(RunOptions(servers=tuple(engine.every_server)))} == set(
        engine.servers
    )
    assert {target.loop for target in everything} == {"auto", "asyncio", "uvloop"}


def test_an_older_release_is_unsupported_where_the_pinned_one_is_not(engine: Engine) -> None:
    new, old = engine.targets(RunOptions(("gunicorn", "gunicorn==26.2.0"), ("control",)))
    assert engine.unsupported(new, {"message_limit": 1}) == ()
    assert "added in 27.0.0" in engine.unsupported(old, {"message_limit": 1})[0]
    (hypercorn,) = engine.targets(RunOptions(("hypercorn==0.16.0",), ("control",)))
    assert "state" not in engine.offers(hypercorn)
    assert probed(engine.project_paths, engine.servers["gunicorn"], "auto") is None


@pytest.mark.parametrize(
    "name",
    [
        "fcgisgi-starlette-uvloop-nginx-fastcgi",
        "gunicorn-control-auto-nginx-http",
        "gunicorn==26.2.0-control-auto-nginx-uwsgi",
        "pyuwsgi-flask-auto-nginx-uwsgi",
    ],
)
def test_targets_behind_gateways_have_names_as_well(engine: Engine, name: str) -> None:
    assert target_called(engine, name).id == name


def test_a_protocol_that_only_some_releases_have_is_asked_for(engine: Engine) -> None:
    (target,) = engine.targets(RunOptions(("gunicorn",), ("control",), gateways=("nginx-fastcgi",)))
    assert engine.unsupported(target, {}) == ()
    assert {"http", "uwsgi"} <= engine.offers(target)
    assert "fastcgi" not in engine.offers(target)
    assert "websocket" not in engine.offers(target)
