"""The palette, by arithmetic: a text has a contrast of 4.5 to its background in both schemes (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re

import pytest

from engine.reports.page.document import style

PAIRS = (
    ("text", "bg"),
    ("quiet", "bg"),
    ("link", "bg"),
    ("text", "panel"),
    ("quiet", "panel"),
    ("link", "panel"),
    ("good", "good-bg"),
    ("bad", "bad-bg"),
    ("known", "known-bg"),
    ("text", "known-bg"),
    ("good", "panel"),
    ("link", "known-bg"),
    ("quiet", "known-bg"),
    ("flaky", "flaky-bg"),
    ("warn", "warn-bg"),
    ("none", "none-bg"),
    ("mark", "mark-bg"),
    ("bad", "bg"),
    ("bad", "panel"),
    ("text", "bad-bg"),
    ("quiet", "bad-bg"),
)
# Lines that carry meaning need 3 (1.4.11): the edges of cells, of the search field, and of the focus.
EDGES = (("bad", "panel"), ("known", "panel"), ("flaky", "panel"), ("quiet", "bg"), ("focus", "bg"), ("focus", "panel"))


def palettes() -> dict[str, dict[str, str]]:
    """The colours of both schemes by name."""
    light, dark = re.findall(r":root \{(.*?)\}", str(style()), re.DOTALL)[:2]
    read = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in (light, dark)]
    return {"light": read[0], "dark": {**read[0], **read[1]}}


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_arithmetic() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_text_is_readable(scheme: str, pair: tuple[str, str]) -> None:
    colours = palettes()[scheme]
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("pair", EDGES, ids="-on-".join)
def test_edges_are_visible(scheme: str, pair: tuple[str, str]) -> None:
    colours = palettes()[scheme]
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 3


def test_both_schemes_have_the_same_colours_and_no_other_is_used() -> None:
    light, dark = palettes().values()
    assert set(light) == set(dark)
    body = str(style()).split("@media print")[0].split("* {", 1)[1]
    assert not re.findall(r"#[0-9a-f]{3,6}\b", body)
