"""The colours of a drawn grid."""

from __future__ import annotations

from engine.terminal.escape import width
from engine.terminal.grid_colours import painted
from engine.terminal.paint import PLAIN, Paint, bare

DRAWN = """\
┌───────────┬───────────────┬───────────┬───────┬─────────────┐
│ framework │ http          │ tls       │ ws    │ total       │
├───────────┼───────────────┼───────────┼───────┼─────────────┤
│ control   │ 17/19 2F 1w   │ 8/9 1K 2u │ 12/12 │ 37/40 2F 1K │
│ quart     │ did not start │           │       │ 0/12 12E    │
└───────────┴───────────────┴───────────┴───────┴─────────────┘
passed/applicable; F failed
  specs/a.yaml::size[1/1]: fail on asyncio"""


def test_every_figure_has_the_colour_of_its_worst_verdict() -> None:
    drawing = painted(DRAWN, Paint(True))
    for part in (
        "\x1b[31m17/19\x1b[0m \x1b[31m2F\x1b[0m \x1b[35m1w\x1b[0m",
        "\x1b[33m8/9\x1b[0m \x1b[33m1K\x1b[0m \x1b[2m2u\x1b[0m",
        "\x1b[32m12/12\x1b[0m",
        "\x1b[31mdid not start\x1b[0m",
    ):
        assert part in drawing


def test_no_column_moves_and_only_tables_are_painted() -> None:
    drawing = painted(DRAWN, Paint(True))
    assert bare(drawing) == DRAWN
    assert [width(line) for line in drawing.split("\n")] == [width(line) for line in DRAWN.split("\n")]
    assert drawing.split("\n")[-2:] == DRAWN.split("\n")[-2:]


def test_a_version_is_no_figure() -> None:
    line = "│ server 1/2.3 │ 27.0.1K │"
    assert "1/2" in painted(line, Paint(True))
    assert "\x1b[31m" not in painted(line, Paint(True))


def test_without_colour_a_grid_stays_as_it_is() -> None:
    assert painted(DRAWN, PLAIN) is DRAWN


def test_a_figure_whose_counts_stand_below_has_their_colour() -> None:
    drawn = "│ asgi    │ 0/3 │ 7/8 │ 3/4 │\n│ asyncio │ 3F  │ 1K  │ 4/4 │"
    drawing = painted(drawn, Paint(True))
    assert "\x1b[31m0/3\x1b[0m" in drawing
    assert "\x1b[33m7/8\x1b[0m" in drawing
    assert " 3/4 " in drawing
    assert bare(drawing) == drawn


def test_counts_below_their_figures_have_their_colours() -> None:
    assert "\x1b[33m1K\x1b[0m \x1b[35m8w\x1b[0m" in painted("│ asyncio │ 1K 8w │", Paint(True))
