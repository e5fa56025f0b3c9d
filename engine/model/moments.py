"""Moments: points in time that a text or a number names, in seconds since 1970 (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

NOW = "now"
"""The word for the moment of the observation."""

TOLERANCE = 5.0
"""The seconds by which two moments may differ if a case names no tolerance: an HTTP date has no fractions, and servers
keep one for a second or so."""


def moment_of(value: object) -> float | None:
    """The moment that a value names, None if it names none.

    A number is in seconds since 1970. A text is a date of HTTP in one of its three forms (RFC 9110, 5.6.7) or of ISO
    8601; without a time zone it is in UTC. Bytes are such a text in Latin-1.
    """
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if not isinstance(value, str):
        return float(value)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def show_moment(moment: float) -> str:
    """A moment as a date of HTTP: ``0.0`` -> ``Thu, 01 Jan 1970 00:00:00 GMT``; the number itself beyond the years of a
    date."""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    except (ValueError, OverflowError, OSError):
        return f"{moment} s after 1970"
