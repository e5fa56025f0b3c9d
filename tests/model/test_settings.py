"""The values of a project's settings."""

from __future__ import annotations

from engine.model import settings


def test_the_placeholders_of_an_address_are_placeholders_of_a_command() -> None:
    assert set(settings.OF_ADDRESS) < set(settings.PLACEHOLDERS)
    assert not set(settings.OF_VALUE) & set(settings.PLACEHOLDERS)


def test_no_settings_change_nothing() -> None:
    assert settings.Settings() == settings.NO_SETTINGS
    assert settings.NO_SETTINGS.run == settings.RunDefaults()
