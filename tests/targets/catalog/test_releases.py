from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.targets.catalog.releases import (
    FRAMEWORK,
    PINNED,
    Checkout,
    GitReference,
    Release,
    Version,
    Wanted,
    wanted,
)


@pytest.mark.parametrize(
    ("text", "release", "variant"),
    [
        ("gunicorn", PINNED, ""),
        ("gunicorn==26.2", Version("26.2"), ""),
        ("gunicorn==26.2.0RC1", Version("26.2.0rc1"), ""),
        ("gunicorn~two-workers", PINNED, "two-workers"),
        ("gunicorn==26.2.0~two-workers", Version("26.2.0"), "two-workers"),
        ("gunicorn@/src/gunicorn", Checkout(Path("/src/gunicorn"), "gunicorn"), ""),
        ("gunicorn@/src/my gunicorn", Checkout(Path("/src/my gunicorn"), "my-gunicorn"), ""),
        ("gunicorn@/src/~bob/gunicorn~slow", Checkout(Path("/src/~bob/gunicorn"), "gunicorn"), "slow"),
        ("gunicorn@/src/a~B", Checkout(Path("/src/a~B"), "a-B"), ""),
        ("gunicorn@git+https://host/a/b.git", GitReference("https://host/a/b.git", "", "b"), ""),
        ("gunicorn@git+https://host/a/b@main", GitReference("https://host/a/b", "main", "main"), ""),
        ("gunicorn@git+https://me@host/b@fix/it", GitReference("https://me@host/b", "fix/it", "fix-it"), ""),
        ("gunicorn@git+ssh://git@host/a/b@v1~slow", GitReference("ssh://git@host/a/b", "v1", "v1"), "slow"),
        ("gunicorn@git+file:///src/b@x", GitReference("file:///src/b", "x", "x"), ""),
        (
            "gunicorn@git+https://host/b@x#egg=no&subdirectory=python/here",
            GitReference("https://host/b", "x", "x", "python/here"),
            "",
        ),
    ],
)
def test_what_a_server_is_asked_for(text: str, release: Release, variant: str) -> None:
    assert wanted(text) == Wanted("gunicorn", release, variant)


def test_a_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert wanted("gunicorn@./here").release == Checkout(tmp_path / "here", "here")
    assert wanted("gunicorn@~/here").release == Checkout(Path("/home/me/here"), "here")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "does not name a server"),
        ("Gunicorn", "does not name a server"),
        ("gunicorn==", "'' in 'gunicorn==' is not a version"),
        ("gunicorn==new", "'new' in 'gunicorn==new' is not a version"),
        ("gunicorn==1.*", "is not a version"),
        ("gunicorn>=26", "does not name a release"),
        ("gunicorn@", "does not name a release"),
        ("gunicorn 26", "does not name a release"),
        ("gunicorn~Two", "does not name a release"),
        ("gunicorn@https://host/x", "is neither a folder nor a repository"),
        ("gunicorn@git+host/x@y", "has no repository address"),
        ("gunicorn@git+https://host@y", "has no repository address"),
    ],
)
def test_what_nobody_can_mean(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        wanted(text)
    assert what in caught.value.what
    assert caught.value.hint


def test_a_framework_is_asked_for_in_the_same_words() -> None:
    assert wanted("starlette", FRAMEWORK) == Wanted("starlette")
    assert wanted("starlette==0.46", FRAMEWORK) == Wanted("starlette", Version("0.46"))
    assert wanted("django-wsgi@/src/django", FRAMEWORK).release == Checkout(Path("/src/django"), "django")
    assert wanted("starlette@git+https://h/s@x", FRAMEWORK).release == GitReference("https://h/s", "x", "x")


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("", "'' does not name a framework", "NAME==VERSION"),
        ("starlette==new", "'new' in 'starlette==new' is not a version", "repeat --framework"),
        ("starlette@git+host/x@y", "has no repository address", "like starlette@git+https"),
        ("starlette,fastapi", "is not the name of one framework", "repeat --framework"),
    ],
)
def test_a_framework_that_nobody_can_mean(text: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        wanted(text, FRAMEWORK)
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert "VARIANT" not in caught.value.hint
