"""Versions as locks pin them, for this Python."""

from __future__ import annotations

from pathlib import Path

from engine.app.lists.services import pinned, versions


def test_a_lock_is_read_for_this_python(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "# Made from requirements.in\n"
        "One_Two[extra]==1.0\n"
        "django==5.2 ; python_full_version < '3.0'\n"
        "django==6.1 ; python_full_version >= '3.0'\n"
        "tzdata==1 ; sys_platform == 'nowhere'\n"
    )
    assert pinned(lock) == {"one-two": "1.0", "django": "6.1"}
    assert versions(lock, ("django", "other")) == {"django": "6.1"}


def test_a_lock_that_cannot_be_read_pins_nothing(tmp_path: Path) -> None:
    assert pinned(tmp_path / "nowhere") == {}
    (tmp_path / "broken").write_text("=== ===\n")
    assert pinned(tmp_path / "broken") == {}
