"""Times and sizes with units: parsed to seconds and bytes, and formatted again."""

from __future__ import annotations

import re

TIME_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0}
SIZE_UNITS = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}

LONGEST = 24 * 3600.0
"""The longest time that a document may name, in seconds."""

LARGEST = 1024 * 1024**4
"""The largest size that a document may name, in bytes; every size up to it is exact."""

_number = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
TIME_PATTERN = f"^{_number}({'|'.join(TIME_UNITS)})$"
SIZE_PATTERN = f"^{_number}({'|'.join(SIZE_UNITS)})$"

_time = re.compile(TIME_PATTERN)
_size = re.compile(SIZE_PATTERN)


class OutOfRange(ValueError):
    """A time or a size beyond the limit of documents; the message names the limit."""


def seconds(text: str) -> float:
    """Parse a time to seconds: ``"200ms"`` -> 0.2. Raises OutOfRange above LONGEST, ValueError for any other form."""
    match = _time.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a time: write a number and one of {', '.join(TIME_UNITS)}")
    unit = match[1]
    time = float(text[: -len(unit)]) * TIME_UNITS[unit]
    if time > LONGEST:
        raise OutOfRange("a time is 24 hours at most")
    return time


def octets(text: str) -> int:
    """Parse a size to bytes: ``"64KiB"`` -> 65536. Raises OutOfRange above LARGEST, ValueError for any other form and
    for a fraction of a byte."""
    match = _size.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a size: write a number and one of {', '.join(SIZE_UNITS)}")
    unit = match[1]
    size = float(text[: -len(unit)]) * SIZE_UNITS[unit]
    if size > LARGEST:
        raise OutOfRange("a size is 1024 TiB at most")
    if size != int(size):
        raise ValueError(f"{text!r} is not a whole number of bytes")
    return int(size)


def show_time(value: float) -> str:
    """Format seconds: ``0.2`` -> ``200 ms``, ``5.0`` -> ``5 s``, ``2.314`` -> ``2.31 s``."""
    if 0 < value < 0.001:
        return f"{value * 1e6:.0f} µs"
    if 0 < value < 1:
        return f"{value * 1000:.3g} ms"
    text = f"{value:.2f}"
    return f"{text.rstrip('0').rstrip('.')} s"


def show_size(value: int) -> str:
    """Format bytes: ``65536`` -> ``64 KiB``."""
    for unit, factor in reversed(SIZE_UNITS.items()):
        if (value >= factor and value % factor == 0) or value >= 10 * factor:
            return f"{value / factor:.4g} {unit}"
    return f"{value} B"
