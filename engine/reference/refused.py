"""A request that is not served: the answer to it, and why."""

from __future__ import annotations


class RequestRefused(Exception):
    """A request, or its body, is refused with a status, and the connection ends.

    ``clause`` is the id of the clause that asks for it, or allows it; ``fields`` are those that its answer must have.
    """

    def __init__(self, status: int, clause: str, why: str, *fields: tuple[bytes, bytes]) -> None:
        super().__init__(f"{status} {clause}: {why}")
        self.fields = list(fields)
        self.status = status
        self.clause = clause
        self.why = why
