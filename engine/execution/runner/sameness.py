"""The comparison of a delivery in pieces with the same steps and uncut bytes. Pure.

A case that is delivered in pieces runs twice in its job, first uncut, so that a difference is seen even in facts that
no expectation names. Compared are the facts of COMPARED, which neither a clock, a port nor the size of the server's own
writes decides. Two sorts of steps are not compared: those whose expectations leave the choice of such a fact to the
server (``any_of``, an operator), and those that are performed several times, since turns have no order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.model.case import Step
from engine.model.delivery import WHOLE, Delivery
from engine.model.expectation import ABSENT, Checks, Mismatch, Operators
from engine.model.source_span import SourceSpan
from engine.model.variables import as_text
from engine.steps.api.facts import Fact
from engine.steps.api.observation import Observation

COMPARED = (
    "outcome", "status", "reason", "framing", "code", "opcode", "subprotocol",
    "scope.type", "scope.method", "scope.http_version", "scope.path", "scope.raw_path", "scope.query_string",
)  # fmt: skip
"""The facts that are compared, where a step has them."""
CALLS = "calls"
"""The fact that the facts of the boundary depend on: they are about the last of so many calls."""
# A server that leaves bytes unread resets the connection when it closes it, which depends on what has come by then.
_ENDS = {"reset": "closed"}


@dataclass(slots=True)
class Seen:
    """The compared facts of the steps of one job, by the place of the step, each time that it was observed. ``run`` is
    the value of the variable ``run``."""

    run: str
    steps: dict[SourceSpan, list[Mapping[str, object]]] = field(default_factory=dict)

    def take(self, step: Step, facts: Sequence[Fact], observation: Observation) -> None:
        """Keep the facts of an observation, unless the step leaves them to the server."""
        if _leaves_a_choice(step.checks):
            return
        families = {one.name.partition(".")[0].removesuffix("[") for one in facts}
        values = {name: observation.fact(name) for name in (*COMPARED, CALLS) if name.partition(".")[0] in families}
        self.steps.setdefault(step.place, []).append(values)


def _leaves_a_choice(checks: Checks) -> bool:
    """True if several values of a compared fact meet the expectations."""
    for group in (checks.expect, checks.should):
        if group is None:
            continue
        if group.any_of or any(
            one.fact in COMPARED and isinstance(one.matcher, Operators) for one in group.expectations
        ):
            return True
    return False


def differences(uncut: Seen, other: Seen, delivery: Delivery) -> list[Mismatch]:
    """A mismatch for each fact that differs, at the place of its step, in the order of the steps. An absent fact is
    compared only with an absent one: one of the two may have ended before it."""
    found: list[Mismatch] = []
    for place, several in other.steps.items():
        before = uncut.steps.get(place, [])
        if len(several) != 1 or len(before) != 1 or several[0].get(CALLS) != before[0].get(CALLS):
            continue
        for name, actual in several[0].items():
            if name == CALLS:
                continue
            expected = _plain(before[0].get(name, ABSENT), uncut.run)
            if expected is ABSENT or actual is ABSENT or expected == _plain(actual, other.run):
                continue
            whole, cut = f"{name} {as_text(expected)}", f"{name} {as_text(actual)}"
            why = f"delivered {WHOLE.described}: {whole}; {delivery.described}: {cut}"
            phrase = f"{as_text(expected)}, as delivered {WHOLE.described}"
            found.append(Mismatch(name, phrase, actual, place, why, expected_value=expected))
    return found


def _plain(value: object, run: str) -> object:
    """A value without the nonce of its job."""
    if isinstance(value, str):
        return _ENDS.get(value, value).replace(run, "")
    return value.replace(run.encode(), b"") if isinstance(value, bytes) else value


def joined(broken: Sequence[Mismatch], found: Sequence[Mismatch], decided: SourceSpan | None) -> list[Mismatch]:
    """The mismatches of a job with the differences between its deliveries: a difference in a fact that an expectation
    of the deciding step is about becomes the remark of that one. ``decided`` is the place of that step."""
    result = list(broken)
    for one in found:
        same = [index for index, other in enumerate(result) if one.place == decided and other.where == one.where]
        if same:
            result[same[0]] = replace(result[same[0]], why=one.why)
        else:
            result.append(one)
    return result
