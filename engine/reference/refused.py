"""A refused request, and its answer."""

from __future__ import annotations


class RequestRefused(Exception):
    """A request, or its body, that is answered with a status of refusal; the connection ends.

    ``clause`` is the id of the clause that requires or permits it; ``fields`` are the header fields of the answer.
    """

    def __init__(self, status: int, clause: str, why: str, *fields: tuple[bytes, bytes]) -> None:
        super().__init__(f"{status} {clause}: {why}")
        self.fields = list(fields)
        self.status = status
        self.clause = clause
        self.why = why
