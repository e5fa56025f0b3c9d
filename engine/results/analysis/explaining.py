"""Everything that is known of one result, put together for showing. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.model import commands
from engine.model.clause import Clause
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.attribution import Attribution
from engine.results.record.normal import normalised_result, words_of
from engine.results.record.store import Run, TargetRow


@dataclass(frozen=True, slots=True)
class Explanation:
    """One result of a run with what it cites and where it ran. ``clauses`` are those that it cites, in their order;
    one that the catalogue lacks has an empty statement. ``raw`` says that nothing in it was normalised."""

    run: str
    result: JobResult
    row: TargetRow | None
    clauses: tuple[Clause, ...] = ()
    attribution: Attribution | None = None
    raw: bool = False

    @property
    def missing(self) -> str:
        """The reason why there is no transcript, and the way to get one; "" if there is one."""
        if self.result.transcript is not None:
            return ""
        if self.result.verdict in (Verdict.PASS, Verdict.UNEXPECTED_PASS):
            more = "--keep-transcripts"
            words = ["engine", "grid", self.result.address, more]
            command = shlex.join(commands.grid(self.result.address, self.row, more) if self.row else words)
            return f"passing cases keep no time line; `{command}` makes a run that has it"
        if not self.result.verdict.ran:
            return "nothing was sent: the case was not run here"
        return "nothing was sent: the case could not be run"


def explained(
    run: Run,
    result: JobResult,
    clauses: Mapping[str, Clause],
    attribution: Attribution | None = None,
    *,
    nonce: str = "",
    raw: bool = False,
) -> Explanation:
    """The explanation of a result, normalised unless it is to be ``raw``. ``nonce`` is the run's."""
    cited = tuple(clauses.get(name) or Clause(name, "", "", "") for name in result.cite)
    row = next((row for row in run.rows if row.id == result.target), None)
    if not raw:
        log = words_of(result.transcript, nonce).log(result.log)
        result = replace(normalised_result(result, nonce), log=log)
    return Explanation(run.id, result, row, cited, attribution, raw)
