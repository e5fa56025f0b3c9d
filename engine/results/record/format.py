"""Format versions of a run's record, and which reader reads which writer.

The header of ``run.ndjson`` has the version of its writer under ``format``, as ``"major.minor"``. The minor number
rises where lines or fields are added that a reader may ignore; the major number where a reader that does not know of a
change would misread the record. Format 1 was written as a number, and is read as 1.0.

==========  ====================================  =================================================================
written by  read by format 1                      read by format 2
==========  ====================================  =================================================================
1           all of it                             all of it. The verdict ``fixed`` is read as ``unexpected-pass``.
                                                  A mismatch has its observed value as text only, and neither an
                                                  operator nor an excerpt of its document; the evidence of every
                                                  result counts as complete.
2.0         refused: ``2.0`` is not 1             all of it
2.1         refused                               all of it. A mismatch may be ``implicit``, and its ``expected`` stands
                                                  behind "expected NAME": "200", where older ones have "is 200".
2.2         refused                               all of it. A result has the ``risk`` of the clauses that its case
                                                  cites, and ``sending``, the delivery and the client at the end of
                                                  its id; they are "" in older ones.
2.3         refused                               all of it. An event at the boundary has the scope or the message as
                                                  ``value``, and a call its ``connection``; the header has ``machine``
                                                  and ``digests``. Older ones have none of these.
2.4         refused                               all of it. The header of a part of a run has ``shard``, and a line of
                                                  the kind ``plan`` has fields of the header that were not known when
                                                  the record began. Older ones have neither.
2.N         refused                               what 2.4 has; unknown fields and kinds of lines are ignored
3 or later  refused                               refused, with a message that names the version and what to do
==========  ====================================  =================================================================

``tests/results/record/samples/`` has a record of each major version, and tests read, draw, explain and compare them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import ResultsError
from engine.model.verdict import Verdict


@dataclass(frozen=True, slots=True, order=True)
class FormatVersion:
    """A format version. Its text is ``major.minor``."""

    major: int
    minor: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @property
    def readable(self) -> bool:
        """This engine reads it: an older major, or its own with any minor."""
        return 1 <= self.major <= CURRENT.major


CURRENT = FormatVersion(2, 4)
"""The version that this engine writes."""

RENAMED = {"fixed": Verdict.UNEXPECTED_PASS.value}
"""Words of verdicts in older records, and what they are called now."""

_TEXT = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})")


def version_of(value: object) -> FormatVersion:
    """The version that a header's ``format`` states. Raises ResultsError where it states none."""
    if type(value) is int and value > 0:
        return FormatVersion(value)
    found = _TEXT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ResultsError(f"its header has the format {value!r}, and a format is like {str(CURRENT)!r}")
    return FormatVersion(int(found[1]), int(found[2]))


def readable(value: object, engine: object) -> FormatVersion:
    """The version that a header's ``format`` states, where this engine reads it; ``engine`` is the version of the
    engine that wrote the record, None where the header has none. Raises ResultsError otherwise."""
    version = version_of(value)
    if not version.readable:
        by = f", written by engine {engine}" if isinstance(engine, str) else ""
        raise ResultsError(
            f"it has format {version}{by}, and this engine reads formats up to {CURRENT.major}",
            hint="read it with the engine that wrote it or a later one",
        )
    return version
