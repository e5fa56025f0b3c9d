"""The contents of a folder, for ``engine init``."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.app.scaffolds.project import (
    APPLICATION,
    FRAMEWORK,
    SERVER,
    FoundProject,
    NamedProject,
    distribution,
    found_in,
)  # fmt: skip
from engine.errors import UsageError

FALCON = """\
[project]
name = "falcon"
description = "The ASGI+WSGI framework."
keywords = ["wsgi"]
classifiers = ["Topic :: Software Development :: Libraries :: Application Frameworks"]
"""


def found(folder: Path, **given: str) -> FoundProject:
    engine = Engine(find(settings="none"))
    return found_in(folder, engine.servers, engine.frameworks, NamedProject(**given))


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml").replace("_cfg", ".cfg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("name", ["gunicorn", "Gunicorn"])
def test_the_project_of_a_server(tmp_path: Path, name: str) -> None:
    write(tmp_path, pyproject_toml=f'[project]\nname = "{name}"\n')
    one = found(tmp_path)
    assert (one.sort, one.name) == (SERVER, "gunicorn")
    assert one.names == ("gunicorn", "gunicorn-h1c", "gunicorn-sync")
    assert (one.interfaces, one.own) == (("asgi", "wsgi"), False)


def test_a_package_that_is_several_servers(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml='[project]\nname = "uvicorn"\n')
    assert found(tmp_path).names == ("uvicorn-h11", "uvicorn-httptools")
    write(tmp_path, pyproject_toml='[project]\nname = "anycorn"\n')
    assert found(tmp_path).names == ("anycorn",)


def test_the_project_of_a_framework(tmp_path: Path) -> None:
    write(tmp_path, setup_cfg="[metadata]\nname = starlette\n")
    assert (found(tmp_path).sort, found(tmp_path).names) == (FRAMEWORK, ("starlette",))


@pytest.mark.parametrize(("name", "interfaces"), [("flask", ("wsgi",)), ("django", ("asgi", "wsgi"))])
def test_the_interfaces_of_a_framework_are_those_of_its_apps(
    tmp_path: Path, name: str, interfaces: tuple[str, ...]
) -> None:
    write(tmp_path, pyproject_toml=f'[project]\nname = "{name}"\n')
    assert found(tmp_path).interfaces == interfaces


def test_a_framework_that_says_that_it_is_one(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml=FALCON)
    one = found(tmp_path)
    assert (one.sort, one.names, one.own, one.package) == (FRAMEWORK, ("falcon",), True, "falcon")
    assert (one.interface, one.reason) == ("asgi", "its classifiers in pyproject.toml")
    assert found(tmp_path, framework="falcon", interface="wsgi").interface == "wsgi"
    write(tmp_path, pyproject_toml=FALCON.replace("ASGI+WSGI ", ""))
    assert found(tmp_path).interface == "wsgi"


@pytest.mark.parametrize("topic", ["HTTP Servers", "WSGI :: Server"])
def test_a_server_that_says_that_it_is_one(tmp_path: Path, topic: str) -> None:
    classifier = f"Topic :: Internet :: WWW/HTTP :: {topic}"
    write(tmp_path, pyproject_toml=f'[project]\nname = "tiny"\nclassifiers = ["{classifier}"]\n')
    one = found(tmp_path)
    assert (one.sort, one.names, one.own, one.package) == (SERVER, ("tiny",), True, "tiny")


def test_a_server_and_a_framework_that_the_user_names(tmp_path: Path) -> None:
    one = found(tmp_path, server="tiny")
    assert (one.sort, one.names, one.own, one.package, one.interface) == (SERVER, ("tiny",), True, "", "asgi")
    assert one.reason == "--server names it"
    write(tmp_path, pyproject_toml='[project]\nname = "Mini.Web"\n')
    assert found(tmp_path, framework="mini-web").package == "Mini.Web"
    assert found(tmp_path, framework="other").package == ""
    for wrong in ({"server": "Big Name"}, {"server": "gunicorn"}, {"framework": "control"}):
        with pytest.raises(UsageError):
            found(tmp_path, **wrong)


@pytest.mark.parametrize(
    ("line", "interface"),
    [
        ("app = FastAPI()", "asgi"),
        ("app = fastapi.FastAPI(title='x')", "asgi"),
        ("app: FastAPI = FastAPI()", "asgi"),
        ("app = Flask(__name__)", "wsgi"),
        ("app = get_wsgi_application()", "wsgi"),
    ],
)
def test_an_application_by_the_call_that_makes_it(tmp_path: Path, line: str, interface: str) -> None:
    write(tmp_path, pyproject_toml='[project]\nname = "My.Shop"\n', main_py=f"x = 1\n{line}\n")
    one = found(tmp_path)
    assert (one.sort, one.name, one.app, one.interface) == (APPLICATION, "my-shop", "main:app", interface)
    assert one.reason == "main.py:2 makes an application"


def test_usual_modules_come_first_and_tests_are_no_application(tmp_path: Path) -> None:
    line = "app = FastAPI()\n"
    write(tmp_path, tests__conftest_py=line, shop__deep_py=line, shop__main_py=line, aaa_py=line, shop____init___py="")
    (tmp_path / "shop" / "__init__.py").touch()
    assert found(tmp_path).app == "shop.main:app"


def test_modules_below_src(tmp_path: Path) -> None:
    write(tmp_path, src__shop__main_py="application = Starlette()\n")
    (tmp_path / "src" / "shop" / "__init__.py").touch()
    assert found(tmp_path).app == "shop.main:application"


def test_calls_that_are_no_application(tmp_path: Path) -> None:
    write(tmp_path, main_py="def make():\n    app = FastAPI()\n    return app\n\nother = make()\n", broken_py="def (\n")
    with pytest.raises(UsageError, match="has no application") as caught:
        found(tmp_path)
    assert "--app module:attribute" in caught.value.hint


def test_an_application_that_the_user_names(tmp_path: Path) -> None:
    one = found(tmp_path, app="shop=pkg.main:make")
    assert (one.sort, one.name, one.app, one.interface) == (APPLICATION, "shop", "pkg.main:make", "asgi")
    write(tmp_path, main_py="app = Flask(__name__)\n")
    assert found(tmp_path, app="main:app").interface == "wsgi"
    assert found(tmp_path, app="main:app", interface="asgi").interface == "asgi"


def test_a_name_that_the_engine_has_is_not_taken(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml='[project]\nname = "control"\n', main_py="app = Quart()\n")
    assert found(tmp_path).name == "application"


@pytest.mark.parametrize("text", ["", "not toml", "[project]\nname = 3\n", '[tool.poetry]\nname = "p"\n'])
def test_names_of_projects(tmp_path: Path, text: str) -> None:
    write(tmp_path, pyproject_toml=text)
    assert distribution(tmp_path) == ("p" if "poetry" in text else "")
