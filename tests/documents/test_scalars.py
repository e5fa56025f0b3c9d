from __future__ import annotations

import pytest

from engine.documents.scalars import Surprise, scalar, surprising_key


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("-3", -3),
        ("1.50", 1.5),
        ("-0.5", -0.5),
        ("text", "text"),
        ("1.2.3", "1.2.3"),
        ("200ms", "200ms"),
        ("-", "-"),
        ("+", "+"),
        (".", "."),
        ("...", "..."),
        ("-x", "-x"),
        ("192.0.2.7:4711", "192.0.2.7:4711"),
        ("nobody", "nobody"),
        ("yesterday", "yesterday"),
        ("1 2", "1 2"),
        ("/a", "/a"),
        ("*/*", "*/*"),
        ("none", "none"),
        ("5B", "5B"),
    ],
)
def test_values_on_which_all_agree(text: str, value: object) -> None:
    found = scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No",
        "NO",
        "yes",
        "Yes",
        "on",
        "On",
        "OFF",
        "off",
        "y",
        "Y",
        "n",
        "N",
        "True",
        "TRUE",
        "False",
        "Null",
        "NULL",
        "~",
        "010",
        "00",
        "-010",
        "08",
        "+5",
        "1_0",
        "1_000",
        "0x5",
        "-0x5",
        "0o7",
        "0b1",
        "1:30",
        "1:30:45",
        "12:30.5",
        "1e3",
        "1E3",
        "1.5e3",
        "1.5e+3",
        ".5",
        "5.",
        "+.5",
        "-.5",
        "1_0.5",
        ".inf",
        "-.inf",
        "+.INF",
        ".nan",
        ".NaN",
        "2026-01-31",
        "2026-1-3",
        "2026-01-31T12:00:00Z",
        "2026-01-31 12:00:00",
        "+0",
        "+1.5",
        "9" * 41,
        "9" * 41 + ".5",
    ],
)
def test_values_on_which_readers_differ(text: str) -> None:
    found = scalar(text)
    assert isinstance(found, Surprise)
    assert found.hint


def test_a_hint_quotes_no_megabyte() -> None:
    found = scalar("9" * 100_000)
    assert isinstance(found, Surprise)
    assert len(found.what + found.hint) < 200


@pytest.mark.parametrize("text", ["200", "1.5", "true", "null", "no", "on", "010", "~"])
def test_keys_that_are_not_text(text: str) -> None:
    assert surprising_key(text)


@pytest.mark.parametrize("text", ["n", "y", "a", "json.user.0.name", "X-One", "1.0.0"])
def test_keys_that_are_text(text: str) -> None:
    assert not surprising_key(text)
