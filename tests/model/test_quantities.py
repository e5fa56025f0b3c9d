"""Times and sizes with their units."""

from __future__ import annotations

import pytest

from engine.model.quantities import octets, seconds, show_size, show_time


def test_units() -> None:
    assert [seconds(text) for text in ("200ms", "1.5s", "2min")] == [0.2, 1.5, 120.0]
    assert [octets(text) for text in ("5B", "64KiB", "1.5MiB", "1TiB")] == [5, 65536, 1572864, 1024**4]


@pytest.mark.parametrize("text", ["", "5", "ms", "-1s", "1 s", "01s", "1e3s", "1S", "1.s"])
def test_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        seconds(text)


@pytest.mark.parametrize("text", ["", "5", "64kb", "1.5B", "-1B"])
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"size|whole"):
        octets(text)


def test_shown() -> None:
    assert [show_time(value) for value in (0, 0.00005, 0.0125, 0.2, 2.314, 3.0)] == [
        "0 s",
        "50 µs",
        "12.5 ms",
        "200 ms",
        "2.31 s",
        "3 s",
    ]
    assert [show_size(value) for value in (5, 65536, 5 * 1024**2)] == ["5 B", "64 KiB", "5 MiB"]
