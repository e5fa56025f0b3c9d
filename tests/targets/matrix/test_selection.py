from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.registry import Registry
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.releases import FORMS, FRAMEWORK, Checkout, GitReference, Variant
from engine.targets.catalog.servers.base import Server
from engine.targets.matrix.selection import configured, configured_frameworks, variant_of


def server(name: str, package: str, *variants: Variant) -> Server:
    return Server(name, package, name, Path("none.lock"), base=lambda start: [], variants=variants)


OWN = Variant("two-workers", ("--workers", "2"))
SERVERS = Registry(
    "server",
    [server("gunicorn", "gunicorn", OWN), server("uv-a", "uv"), server("uv-b", "uv"), server("ours", "")],
)


def names(*words: str, variants: tuple[str, ...] = ()) -> list[str]:
    return [one.configuration for one in configured(SERVERS, words, variants)]


def test_the_default_is_one_server_and_all_are_all() -> None:
    assert names() == ["gunicorn"]
    assert names("all") == ["gunicorn", "ours", "uv-a", "uv-b"]
    assert [one.name for one in configured(Registry("server", [server("only", "only")]))] == ["only"]


def test_the_order_is_the_registrys_and_then_that_of_the_releases() -> None:
    assert names("uv-b", "gunicorn==27.0.1", "gunicorn==26.2.0", "gunicorn", "uv-b") == [
        "gunicorn==27.0.1", "gunicorn==26.2.0", "gunicorn", "uv-b",
    ]  # fmt: skip
    assert names("all", "gunicorn==26.2.0") == ["gunicorn", "gunicorn==26.2.0", "ours", "uv-a", "uv-b"]


def test_a_package_is_all_servers_made_of_it() -> None:
    assert names("uv==0.50.0") == ["uv-a==0.50.0", "uv-b==0.50.0"]


def test_a_package_is_not_those_that_are_selected_by_their_name_only() -> None:
    shy = replace(server("uv-c", "uv"), by_name_only="it is new")
    servers = Registry("server", [server("uv-a", "uv"), shy])
    assert [one.name for one in configured(servers, ["uv"])] == ["uv-a"]
    assert [one.name for one in configured(servers, ["uv-c", "uv"])] == ["uv-a", "uv-c"]


def test_a_variant_of_the_servers_own_and_one_of_the_command_line() -> None:
    (own,) = configured(SERVERS, ["gunicorn~two-workers"])
    assert own.variant == OWN
    (other,) = configured(SERVERS, ["gunicorn==26.2.0~two-workers"], ["two-workers: x==1 --workers=3"])
    assert other.configuration == "gunicorn==26.2.0~two-workers"
    assert (other.variant.flags, other.variant.pins) == (("--workers=3",), ("x==1",))
    assert names("gunicorn~new", "uv-a~new", variants=("new: --x",)) == ["gunicorn~new", "uv-a~new"]


def test_sources_of_one_name_get_numbers() -> None:
    words = ("gunicorn@/a/gunicorn", "gunicorn@/b/gunicorn", "gunicorn@/a/gunicorn", "gunicorn@git+https://h/gunicorn")
    found = configured(SERVERS, [*words, "gunicorn@/a/gunicorn~two-workers", "uv-a@/a/gunicorn"])
    assert [one.configuration for one in found] == [
        "gunicorn@gunicorn", "gunicorn@gunicorn.2", "gunicorn@gunicorn.3", "gunicorn@gunicorn~two-workers",
        "uv-a@gunicorn",
    ]  # fmt: skip
    assert [type(one.release) for one in found[:3]] == [Checkout, Checkout, GitReference]
    second = found[1].release
    assert isinstance(second, Checkout)
    assert second.folder == Path("/b/gunicorn")


@pytest.mark.parametrize(
    ("words", "variants", "what", "hint"),
    [
        (["gunicron"], [], "no server called 'gunicron'", "did you mean 'gunicorn'?"),
        (["gunicron==26.2.0"], [], "no server called 'gunicron'", "did you mean 'gunicorn'?"),
        (["al"], [], "no server called 'al'", "did you mean 'all'?"),
        (["gunicorn~two-wokers"], [], "no variant called 'two-wokers'", "did you mean 'two-workers'?"),
        (["uv-a~two-workers"], [], "uv-a has no variant called 'two-workers'", "--variant 'two-workers: FLAGS'"),
        (["ours==1.0"], [], "ours is part of the engine", "--server ours"),
        ([], ["new: --x"], "no --server uses the variant 'new'", "--server gunicorn~new"),
        (["gunicorn~new"], ["new: --x", "new: --y"], "declared twice", "another name"),
    ],
)
def test_what_there_is_not(words: list[str], variants: list[str], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        configured(SERVERS, words, variants)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_a_variant_in_words() -> None:
    assert variant_of("two: --workers 2") == Variant("two", ("--workers", "2"))
    assert variant_of(" old :h11==0.14.0 wsproto==1.2 ") == Variant("old", (), ("h11==0.14.0", "wsproto==1.2"))
    assert variant_of("a: b==1 --header 'X: c==2' d==3") == Variant("a", ("--header", "X: c==2", "d==3"), ("b==1",))


@pytest.mark.parametrize("text", ["", "two", "Two: --x", "two:", "two: ''x'", ": --x", "a b: --x"])
def test_what_declares_no_variant(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        variant_of(text)
    assert "--variant" in caught.value.hint


def framework(name: str, *packages: str) -> Framework:
    return Framework(name, name, "app:app", Path(), packages)


FRAMEWORKS = Registry("framework", [framework("fast", "fast", "star"), framework("star", "star"), framework("control")])


def framework_names(*words: str) -> list[str]:
    return [one.configuration for one in configured_frameworks(FRAMEWORKS, words)]


def test_frameworks_are_asked_for_in_releases() -> None:
    assert framework_names() == ["control", "fast", "star"]
    assert framework_names("star==2.0", "fast", "star==1.0", "star", "star==1.0") == [
        "fast", "star==2.0", "star==1.0", "star",
    ]  # fmt: skip
    assert framework_names("star@/a/star", "star@/b/star", "star@/a/star") == ["star@star", "star@star.2"]
    assert [one.package for one in configured_frameworks(FRAMEWORKS, ["fast==1.0", "control"])] == ["", "fast"]


def test_a_mutant_of_a_bare_app_is_a_variant_of_it() -> None:
    [one] = configured_frameworks(FRAMEWORKS, ["control~echo-cut"])
    assert (one.name, one.configuration, one.entry) == ("control", "control~echo-cut", "engine_wrong_apps.asgi:app")
    assert one.variables == {
        "ENGINE_APP": one.entry,
        "ENGINE_RIGHT_APP": "app:app",
        "ENGINE_MUTANT": "echo-cut",
    }
    assert list(one.brings) == ["engine_wrong_apps"]
    [right] = configured_frameworks(FRAMEWORKS, ["control"])
    assert (right.entry, dict(right.brings), right.variables) == ("app:app", {}, {"ENGINE_APP": "app:app"})


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("strar", "there is no framework called 'strar'", "did you mean 'star'?"),
        ("strar==1.0", "there is no framework called 'strar'", "did you mean 'star'?"),
        ("control==1.0", "control is part of the engine and has no other release", "--framework control"),
        ("star~fast", "'star~fast' asks for a variant, and only servers have variants", FORMS[FRAMEWORK]),
        ("control~echo-cutt", "control has no mutant called 'echo-cutt'", "did you mean 'echo-cut'?"),
        ("control~no-such-thing", "control has no mutant called 'no-such-thing'", "`engine mutants --list` lists them"),
    ],
)
def test_frameworks_that_there_are_not(text: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        framework_names(text)
    assert (caught.value.what, caught.value.hint) == (what, hint)
