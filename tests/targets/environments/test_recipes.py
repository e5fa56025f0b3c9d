from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EnvironmentFailed
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.releases import PINNED, Checkout, Release, Variant, Version
from engine.targets.catalog.servers.base import Server
from engine.targets.environments.recipes import (
    FRAMEWORK_LOCK,
    FRAMEWORK_WANTED,
    SERVER_LOCK,
    WANTED,
    Recipe,
    servers_part,
)
from engine.targets.environments.sources import ReleaseSource

NOTHING = ReleaseSource("", "")
SERVER_LINES = ("Guni_Corn==27.0", "h11==0.16.0", "uvloop==0.23.0")
FRAMEWORK_LINES = ("guni-corn==27.0", "h11==0.16.0", "starlette==1.0 ; python_version > '3'")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    (tmp_path / "guni.in").write_text("# what it needs\nguni-corn==27.0\nh11\nuvloop==0.23.0\n")
    return Server("guni", "guni-corn", "Guni", tmp_path / "guni.lock", base=lambda start: [])


def recipe(server: Server, release: Release = PINNED, *pins: str, source: str = "guni-corn==26.2.0") -> Recipe:
    configured = replace(server, release=release, variant=Variant("x", pins=pins) if pins else Variant())
    framework = Framework("star", "Star", "app:app", Path("none"))
    return Recipe(framework, configured, ReleaseSource(source, "identity"), SERVER_LINES, FRAMEWORK_LINES)


def written(one: Recipe, folder: Path) -> dict[str, list[str]]:
    one.write(folder)
    return {name: (folder / name).read_text().splitlines() for name in (WANTED, SERVER_LOCK, FRAMEWORK_LOCK)}


def test_the_pinned_release_is_taken_as_it_is_locked(server: Server) -> None:
    one = recipe(server)
    assert one.is_locked
    assert one.servers_part == list(SERVER_LINES)
    assert not recipe(server, PINNED, "h11==0.14.0").is_locked
    assert not recipe(server, Version("26.2.0")).is_locked


def test_another_release_stands_in_place_of_the_pin(server: Server, tmp_path: Path) -> None:
    assert written(recipe(server, Version("26.2.0")), tmp_path) == {
        WANTED: ["guni-corn==26.2.0", "h11", "uvloop==0.23.0"],
        SERVER_LOCK: ["h11==0.16.0", "uvloop==0.23.0"],
        FRAMEWORK_LOCK: ["h11==0.16.0", "starlette==1.0 ; python_version > '3'"],
    }


def test_pins_win_over_both_locks(server: Server, tmp_path: Path) -> None:
    assert written(recipe(server, PINNED, "H11==0.14.0"), tmp_path) == {
        WANTED: ["Guni_Corn==27.0", "uvloop==0.23.0", "H11==0.14.0"],
        SERVER_LOCK: ["uvloop==0.23.0"],
        FRAMEWORK_LOCK: ["starlette==1.0 ; python_version > '3'"],
    }
    own = written(recipe(server, Version("26.2.0"), "guni.corn==26.0"), tmp_path)
    assert own[WANTED] == ["h11", "uvloop==0.23.0", "guni.corn==26.0"]


def test_what_tells_the_servers_parts_apart(server: Server) -> None:
    parts = {
        tuple(one.servers_part)
        for one in (recipe(server), recipe(server, Version("26.2.0")), recipe(server, PINNED, "h11==0.14.0"))
    }
    assert len(parts) == 3
    other = replace(server, release=Version("26.2.0"))
    assert servers_part(other, ReleaseSource("", "one"), []) != servers_part(other, ReleaseSource("", "two"), [])


def test_resolving_knows_both_locks(server: Server, tmp_path: Path) -> None:
    words = recipe(server, Version("26.2.0")).resolve("uv", tmp_path, tmp_path / "python")
    assert words[:3] == ["uv", "pip", "compile"]
    assert words[words.index("--constraint") + 1] == str(tmp_path / FRAMEWORK_LOCK)
    assert words[words.index("--output-file") + 1] == str(tmp_path / SERVER_LOCK)
    assert words[-1] == str(tmp_path / WANTED)


def test_a_line_that_is_no_requirement(server: Server, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed) as caught:
        recipe(server, Version("26.2.0"), "h11==").write(tmp_path)
    assert "star under guni==26.2.0~x" in caught.value.what
    server.source.unlink()
    with pytest.raises(EnvironmentFailed, match="cannot read"):
        recipe(server, Version("26.2.0")).write(tmp_path)


@pytest.mark.parametrize(
    ("output", "what"),
    [
        (
            "error: No solution found\n  cause: Because there is no version of guni-corn==99.0 and you\n require "
            "guni-corn==99.0, we can conclude that your requirements are unsatisfiable.",
            "there is no guni-corn 99.0",
        ),
        (
            "error: No solution found\n  cause: Because you require h11==0.14.0 and h11==0.16.0, we can conclude that "
            "your requirements are unsatisfiable.",
            "guni==26.2.0 cannot be installed with star",
        ),
        (
            "error: Failed to build `guni-corn @ file:///x`\n  cause: Package metadata name `other` does not match "
            "given name `guni-corn`",
            "guni==26.2.0 is not guni-corn but other",
        ),
        ("error: Failed to build `x`\n The build backend returned an error", "guni==26.2.0 cannot be built"),
        (
            "error: x\n  cause: Because guni-corn was not found in the cache and you require guni-corn==26.1.0, we can "
            "conclude that your requirements are unsatisfiable.\nhint: the network was disabled.",
            "",
        ),
        ("error: something else", ""),
    ],
)
def test_what_uvs_words_mean(server: Server, output: str, what: str) -> None:
    found, hint = recipe(server, Version("26.2.0")).failure(output)
    assert found == what
    assert bool(hint) == bool(what)


def test_a_checkout_of_something_else_is_called_by_its_folder(server: Server) -> None:
    one = recipe(server, Checkout(Path("/src/other"), "other"))
    found, _ = one.failure("Package metadata name `other` does not match given name `guni-corn`")
    assert found == "/src/other is not guni-corn but other"


# A framework in another release


@pytest.fixture
def star(tmp_path: Path) -> Framework:
    (tmp_path / "requirements.in").write_text("Star_Lette==1.0 ; python_version > '3'\nchannels\n")
    return Framework("star", "Star", "app:app", tmp_path, ("star-lette", "anyio"), release=Version("0.9"))


STAR_LINES = ("anyio==4.0", "channels==1.0", "h11==0.16.0", "star-lette==1.0 ; python_version > '3'")


def of_framework(server: Server, star: Framework, release: Release = PINNED) -> Recipe:
    source = ReleaseSource("guni-corn==26.2.0", "identity")
    mine = ReleaseSource("star-lette==0.9", "==0.9")
    return Recipe(star, replace(server, release=release), source, SERVER_LINES, STAR_LINES, mine)


def test_a_framework_s_release_stands_in_place_of_its_pin_and_the_server_s_lock_holds(
    server: Server, star: Framework, tmp_path: Path
) -> None:
    one = of_framework(server, star)
    assert not one.is_locked
    one.write(tmp_path)
    assert (tmp_path / FRAMEWORK_WANTED).read_text().splitlines() == ["star-lette==0.9", "channels"]
    assert (tmp_path / FRAMEWORK_LOCK).read_text().splitlines() == list(STAR_LINES[:3])
    assert (tmp_path / SERVER_LOCK).read_text().splitlines() == list(SERVER_LINES)
    assert not (tmp_path / WANTED).exists()
    words = one.resolve("uv", tmp_path, tmp_path / "python")
    assert words[words.index("--constraint") + 1] == str(tmp_path / SERVER_LOCK)
    assert words[words.index("--output-file") + 1] == str(tmp_path / FRAMEWORK_LOCK)
    assert words[-1] == str(tmp_path / FRAMEWORK_WANTED)
    assert one.locks(tmp_path) == [tmp_path / SERVER_LOCK, tmp_path / FRAMEWORK_LOCK]


def test_two_releases_are_resolved_together(server: Server, star: Framework, tmp_path: Path) -> None:
    one = of_framework(server, star, Version("26.2.0"))
    one.write(tmp_path)
    assert (tmp_path / WANTED).read_text().splitlines() == ["guni-corn==26.2.0", "h11", "uvloop==0.23.0"]
    assert (tmp_path / SERVER_LOCK).read_text().splitlines() == [*STAR_LINES[:3], "uvloop==0.23.0"]
    words = one.resolve("uv", tmp_path, tmp_path / "python")
    assert "--constraint" not in words
    assert words[-2:] == [str(tmp_path / WANTED), str(tmp_path / FRAMEWORK_WANTED)]
    assert one.locks(tmp_path) == [tmp_path / SERVER_LOCK]


def test_an_environment_is_named_after_the_framework_s_release(server: Server, star: Framework) -> None:
    pinned = of_framework(server, replace(star, release=PINNED))
    other = replace(of_framework(server, star), framework_source=ReleaseSource("", "another"))
    assert pinned.is_locked
    assert pinned.frameworks_part == list(STAR_LINES)
    assert len({tuple(one.frameworks_part) for one in (pinned, of_framework(server, star), other)}) == 3


@pytest.mark.parametrize(
    ("output", "what"),
    [
        ("Because there is no version of star-lette==0.9 and so on, unsatisfiable", "there is no star-lette 0.9"),
        ("Because you require h11==0.14.0 and h11==0.16.0, your requirements are unsatisfiable.",
         "guni cannot be installed with star==0.9"),
        ("metadata name `other` does not match given name `star-lette`", "star==0.9 is not star-lette but other"),
        ("error: Failed to build `star-lette @ file:///x`\n The build backend returned an error",
         "star==0.9 cannot be built"),
    ],
)  # fmt: skip
def test_what_uvs_words_mean_for_a_framework(server: Server, star: Framework, output: str, what: str) -> None:
    found, hint = of_framework(server, star).failure(output)
    assert (found, bool(hint)) == (what, True)


def test_a_server_of_a_project_is_resolved_from_its_requirements(server: Server, tmp_path: Path) -> None:
    own = replace(server, own=True, package="tiny", requires=("tiny<2", "h11"))
    framework = Framework("star", "Star", "app:app", Path("none"))
    one = Recipe(framework, own, ReleaseSource("tiny", ""), (), FRAMEWORK_LINES)
    assert not one.is_locked
    found = written(one, tmp_path)
    assert found[WANTED] == ["tiny<2", "h11"]
    assert found[FRAMEWORK_LOCK] == list(FRAMEWORK_LINES)
    released = replace(own, release=Version("1.5"))
    assert written(Recipe(framework, released, ReleaseSource("tiny==1.5", "x"), (), ()), tmp_path)[WANTED] == [
        "tiny==1.5", "h11"
    ]  # fmt: skip
    assert servers_part(own, ReleaseSource("", ""), ()) != servers_part(replace(own, requires=()), NOTHING, ())


def test_a_server_without_requirements_needs_no_environment_of_its_own(server: Server) -> None:
    own = replace(server, own=True, package="")
    framework = Framework("star", "Star", "app:app", Path("none"))
    assert Recipe(framework, own, NOTHING, (), FRAMEWORK_LINES).is_locked


def test_the_requirements_of_an_application_are_resolved_together_with_the_server(
    server: Server, tmp_path: Path
) -> None:
    application = Framework("shop", "Shop", "shop:app", Path("none"), own=True, requires=("starlette>=1", "h11<1"))
    one = Recipe(application, server, ReleaseSource("guni-corn==27.0", ""), SERVER_LINES, ())
    assert not one.is_locked
    found = written(one, tmp_path)
    assert found[WANTED] == ["Guni_Corn==27.0", "h11", "uvloop==0.23.0"]
    assert (tmp_path / FRAMEWORK_WANTED).read_text().splitlines() == ["starlette>=1", "h11<1"]
    assert one.locks(tmp_path) == [tmp_path / SERVER_LOCK]
    assert "--constraint" not in one.resolve("uv", tmp_path, Path("python"))
    assert one.frameworks_part != replace(one, framework=replace(application, requires=())).frameworks_part
