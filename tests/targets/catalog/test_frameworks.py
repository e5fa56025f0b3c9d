from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import DocumentError, UsageError
from engine.targets.catalog.frameworks import INTERFACES, WSGI, load_frameworks, offered

FRAMEWORKS = Path(__file__).parents[3] / "frameworks"
GOOD = "title: T\napp: app:app\npackages: [p]\noffers: [websocket]\n"


def framework(root: Path, name: str, text: str = GOOD, *, app: bool = True, lock: bool = True) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "framework.yaml").write_text(text)
    if app:
        (folder / "app.py").touch()
    if lock:
        (folder / "requirements.lock").write_text("p==1.0\n")
    return folder


def test_the_projects_own_frameworks() -> None:
    found = load_frameworks(FRAMEWORKS)
    assert list(found) == sorted(found)
    assert {"control", "starlette"} <= set(found)
    assert found["control"].waits_for_disconnect
    assert not found["starlette"].waits_for_disconnect
    assert found["starlette"].packages == ("starlette",)
    assert {name for name, one in found.items() if one.interface == WSGI} == {"wsgi-control", "flask", "django-wsgi"}
    assert {one.interface for one in found.values()} == set(INTERFACES)


def test_discovery_is_sorted_and_leaves_hidden_folders_out(tmp_path: Path) -> None:
    for name in ("zeta", "alpha"):
        framework(tmp_path, name)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "contract.yaml").touch()
    assert list(load_frameworks(tmp_path)) == ["alpha", "zeta"]


def test_a_folder_elsewhere_is_a_framework_or_holds_some(tmp_path: Path) -> None:
    framework(tmp_path / "own", "one")
    single = framework(tmp_path / "elsewhere", "two")
    framework(tmp_path / "more", "three")
    found = load_frameworks(tmp_path / "own", [single, tmp_path / "more"])
    assert list(found) == ["one", "three", "two"]
    assert found["two"].folder == single.resolve()


def test_one_name_for_two_folders_is_refused(tmp_path: Path) -> None:
    framework(tmp_path / "a", "one")
    framework(tmp_path / "b", "one")
    with pytest.raises(UsageError, match="two frameworks of the same name"):
        load_frameworks(tmp_path / "a", [tmp_path / "b"])
    assert list(load_frameworks(tmp_path / "a", [tmp_path / "a" / "one"])) == ["one"]


def test_folders_that_hold_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        load_frameworks(tmp_path / "none")
    with pytest.raises(UsageError, match="contains no framework"):
        load_frameworks(tmp_path)


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        (GOOD + "titel: x\n", "a framework has no key 'titel'", (5, 1)),
        (GOOD.replace("title: T\n", ""), "lacks the key 'title'", (1, 1)),
        (GOOD.replace("app:app", "app"), "'app' is not module:attribute", (2, 6)),
        (GOOD.replace("app:app", "web:app"), "no module 'web'", (2, 6)),
        (GOOD.replace("websocket", "websockets"), "'offers' knows no 'websockets'", (4, 10)),
        (GOOD + "interface: asgj\n", "no interface is called 'asgj'", (5, 12)),
        (GOOD + "interface: [wsgi]\n", "'interface' is a text", (5, 12)),
        (GOOD + "waits_for_disconnect: maybe\n", "is true or false", (5, 23)),
        (GOOD + "port: 80\n", "'port' is a whole number from 1024 to 65535", (5, 7)),
        (GOOD + "port: http\n", "'port' is a whole number", (5, 7)),
    ],
)
def test_mistakes_are_pointed_at(tmp_path: Path, text: str, what: str, place: tuple[int, int]) -> None:
    framework(tmp_path, "one", text)
    with pytest.raises(DocumentError) as caught:
        load_frameworks(tmp_path)
    assert what in caught.value.what
    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == place
    assert caught.value.place.file.endswith("one/framework.yaml")


def test_a_framework_without_a_lock_is_there(tmp_path: Path) -> None:
    framework(tmp_path, "one", lock=False)
    framework(tmp_path, "two")
    assert {name: one.lock.is_file() for name, one in load_frameworks(tmp_path).items()} == {"one": False, "two": True}


def test_what_a_folder_lacks_is_told(tmp_path: Path) -> None:
    (tmp_path / "b" / "two").mkdir(parents=True)
    with pytest.raises(DocumentError, match=r"has no framework\.yaml"):
        load_frameworks(tmp_path / "b")
    framework(tmp_path / "c", "Bad_Name")
    with pytest.raises(DocumentError, match="cannot name a framework"):
        load_frameworks(tmp_path / "c")


def test_what_both_must_offer_is_offered_by_both(tmp_path: Path) -> None:
    of_server = frozenset({"websocket", "state", "trailers"})
    plain = load_frameworks(framework(tmp_path, "one"))["one"]
    assert offered(of_server, plain) == {"websocket", "trailers"}
    waits = load_frameworks(framework(tmp_path, "two", GOOD + "waits_for_disconnect: true\n"))["two"]
    assert offered(of_server, waits) == {"websocket", "trailers", "disconnect"}


def test_a_feature_of_the_framework_is_offered_under_every_server(tmp_path: Path) -> None:
    sends = load_frameworks(framework(tmp_path, "one", GOOD.replace("websocket", "files, ranges")))["one"]
    assert offered(frozenset({"websocket", "trailers"}), sends) == {"trailers", "files", "ranges"}


@pytest.mark.parametrize(
    ("requirements", "hint"),
    [
        ("# nothing yet\n", "add it to requirements.in, and run `engine lock one`"),
        ("falcon==4.0\n", "did you mean 'falcon'?"),
    ],
)
def test_packages_are_named_in_the_requirements(tmp_path: Path, requirements: str, hint: str) -> None:
    folder = framework(tmp_path, "one", GOOD.replace("[p]", "[falkon]"), lock=False)
    (folder / "requirements.in").write_text(requirements)
    with pytest.raises(DocumentError) as caught:
        load_frameworks(tmp_path)
    assert (caught.value.what, caught.value.hint) == ("requirements.in has no package 'falkon'", hint)
