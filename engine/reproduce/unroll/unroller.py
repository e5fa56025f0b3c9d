"""The steps of a case as the statements of a client, up to the step that decided. Pure.

An unroller writes statements; a function for each step type (``UNROLLERS`` in the modules ``of_*``) calls it. A check
of a step before the deciding one becomes ``need``: if it fails, the result is unknown. A check of the deciding step
becomes ``expect``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import accumulate

from engine.model.case import Case, Step
from engine.model.expectation import Expectation, Group, SameAs
from engine.model.network import IPV4, UNIX
from engine.model.quantities import show_time
from engine.model.source_span import SourceSpan
from engine.model.target import schemes
from engine.reproduce.unroll.facts import WIRE, FactExpressions
from engine.reproduce.unroll.matching import Matching
from engine.reproduce.unroll.of_comparison import (
    EarlierObservation,
    compared_steps,
    comparison,
    earlier,
    is_named,
    parts,
)
from engine.reproduce.unroll.source import CannotUnroll, identifier, wrapped
from engine.reproduce.unroll.variables import SLOT, Names
from engine.steps.api.inner import inside
from engine.steps.api.step_type import StepTypes
from engine.steps.shared.delivering import pieces

OBSERVING = ("app", "kill_worker")
PROCESS = frozenset({"start", "signal", "exit", "kill_worker", "log", "measure"})


@dataclass(frozen=True, slots=True)
class ClientStep:
    """A step that the client performs: expressions for the time of its start and for its client's port ("" if there
    are several), the name of its connection, and the variable of its response, "" for none."""

    step: Step
    began: str
    port: str = ""
    connection: str = ""
    reply: str = ""
    precise: bool = False


@dataclass
class State:
    """The properties of the whole client, shared by all its branches."""

    lines: list[str] = field(default_factory=list)
    performed: list[ClientStep] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    known: dict[bytes, str] = field(default_factory=dict)
    kept: list[EarlierObservation] = field(default_factory=list)
    cut: bool = False
    shared: bool = False
    holder: str = ""  # the list of the connections that stay open behind a function, if there is one


class Unroller:
    """Writes the statements of steps. ``names`` are the variables, ``connections`` the Python names of connections,
    ``websockets`` and ``records`` those of what was opened on them, ``jars`` those of jars of cookies."""

    def __init__(
        self,
        case: Case,
        step_types: StepTypes,
        unrollers: Mapping[tuple[str, str], Callable[[Unroller, Step], None]],
        deciding: SourceSpan | None,
        *,
        reserved: Collection[str] = (),
        warned: bool = False,
        tls: str | None = None,
        gateway: bool = False,
        client_unknown: bool = False,
        listen: str = IPV4,
    ) -> None:
        """``deciding`` is the place of the deciding step, None if every step may be the one. ``warned`` makes the
        ``should`` of the deciding step its checks. ``tls`` is the certificate that clients present, None without
        TLS; ``gateway`` is true if the server does not see the client's address, ``client_unknown`` if the fault
        is that it reports another one. ``listen`` says where it listens: at an IPv4 or IPv6 address, or on a Unix
        socket, whose clients have no address."""
        self.case = case
        self.step_types = step_types
        self.names = Names({**schemes(tls=tls is not None), **case.body.variables}, listen)
        self.listen = listen
        self.tls = tls
        self._unrollers = unrollers
        self._deciding = deciding
        self._warned = warned
        self.state = State(taken=set(reserved))
        self.indent = 1
        self.decides = deciding is None
        self.connections: dict[str, str] = {}
        self.websockets: dict[str, str] = {}
        self.records: dict[str, str] = {}
        self.jars: dict[str, str] = {}
        self.current = ""  # the connection of the script under way
        self.behind_gateway = gateway or listen == UNIX
        self.fresh_records = False
        self.request_id = 1
        self.captured: set[str] = set()  # the variables that a function around the statements has to share
        self.shares = False  # a function around the statements writes down when its steps began
        self.client_unknown = client_unknown
        self.outermost: tuple[int, int] | None = None  # the first line of the outermost function around, and its indent
        self.turn = ""  # the number of the turn of the ``repeat`` around the statements
        steps = [one for step in case.body.steps for one in (step, *inside(step, step_types))]
        self._compared = compared_steps(case, step_types)
        self.owner = case.body.steps[0]  # the step under way, or the one whose script is
        self.watched = client_unknown or any(one.step_type in OBSERVING for one in steps)

    # Writing

    def line(self, statement: str = "") -> None:
        """Write one statement, wrapped."""
        self.state.lines += wrapped(statement, self.indent) if statement else [""]

    def comment(self, text: str) -> None:
        """Write a comment."""
        self.state.lines.append("    " * self.indent + f"# {text}")

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a compound statement; what is written meanwhile is its body."""
        self.line(head)
        self.indent += 1
        before = len(self.state.lines)
        yield
        if len(self.state.lines) == before:
            self.line("pass")
        self.indent -= 1

    def name(self, wanted: str) -> str:
        """A Python name that is not in use yet."""
        found = identifier(wanted, self.state.taken)
        self.state.taken.add(found)
        return found

    # Steps

    def run(self, steps: Sequence[Step]) -> None:
        """Write steps in order, up to the deciding one and with it."""
        for step in steps:
            if self.state.cut:
                return
            self.step(step)

    def step(self, step: Step) -> None:
        """Write one step. Raises CannotUnroll for a step type that has no form in plain Python."""
        unroll = self._unrollers.get((step.group, step.step_type))
        if unroll is None:
            raise CannotUnroll(f"the step `{step.step_type}` has no form in plain Python")
        own = self._deciding is not None and same_place(step.place, self._deciding)
        holds = own or (
            self._deciding is not None and any(same_place(one.place, self._deciding) for one in self._in(step))
        )
        if step.group == "step":
            if self.state.lines:
                self.line()
            # The file as the address has it, since its path may be one of this machine.
            self.comment(f"{step.step_type} ({self.case.address.partition('::')[0]}:{step.place.line})")
        outer, owner = self.decides, self.owner
        self.owner = step if step.group == "step" else owner
        # Of concurrent and repeated steps every one may show the fault.
        container = self.step_types[step.group, step.step_type].includes == ()
        self.decides = outer or own or (holds and container)
        unroll(self, step)
        self.decides, self.owner = outer, owner
        if holds and not outer:
            self.state.cut = True

    def _in(self, step: Step) -> Iterator[Step]:
        for one in inside(step, self.step_types):
            yield one
            yield from self._in(one)

    @property
    def deciding_here(self) -> bool:
        """True if the step under way decided."""
        return self.decides

    # Checks

    def check(self, what: str, actual: str, wanted: str) -> None:
        """Write one comparison."""
        self.line(f"{'expect' if self.decides else 'need'}({what!r}, {actual}, {wanted})")

    def checks(self, step: Step, facts: FactExpressions, variable: str, sent: str = "b''") -> None:
        """Write the checks and the captures of a step."""
        groups = [step.checks.expect]
        if self._warned and self.decides:
            groups.append(step.checks.should)
        for group in groups:
            if group is not None:
                self.group(group, facts, variable, sent)
                if group.same_as is not None:
                    self.compare(step, group.same_as, facts, variable)
        self.keep(step, facts, variable)
        for name, fact in step.checks.capture:
            self.capture(name, facts.of(fact, variable))

    def group(self, group: Group, facts: FactExpressions, variable: str, sent: str) -> None:
        """Write the checks of a group. Raises CannotUnroll."""
        for one in group.expectations:
            self.check(one.fact, facts.of(one.fact, variable), self.matcher(one, sent))
        if group.any_of:
            found = []
            for choice in group.any_of:
                if choice.any_of:
                    raise CannotUnroll("`any_of` inside `any_of` has no form in plain Python")
                fitting = [
                    f"fits({facts.of(one.fact, variable)}, {self.matcher(one, sent)})" for one in choice.expectations
                ]
                found.append(" and ".join(fitting))
            self.check("one of the alternatives", f"any([{', '.join(found)}])", "True")

    def compare(self, step: Step, same_as: SameAs, facts: FactExpressions, variable: str) -> None:
        """Write the comparison of an observation with an earlier one."""
        sort = self.step_types[step.group, step.step_type].compared
        before = earlier(same_as, self.state.kept, self.owner, sort, self.indent).variable
        now = parts(sort, facts, variable, self.current)
        self.line(comparison("expect" if self.decides else "need", same_as, before, now, sort))

    @property
    def compares(self) -> bool:
        """True if the step under way, or one of its script, is compared with another."""
        return is_named(self.owner, self._compared)

    def keep(self, step: Step, facts: FactExpressions, variable: str) -> None:
        """Write an assignment of an observation's parts, if a later step is compared with it."""
        sort = self.step_types[step.group, step.step_type].compared
        if not sort or not self._compared:
            return
        kept = ""
        if self.compares:
            kept = self.name(f"{self.owner.name or self.owner.connection}_seen")
            self.line(f"{kept} = {parts(sort, facts, variable, self.current)}")
        self.state.kept.append(EarlierObservation(self.owner, sort, kept, self.indent))

    def matcher(self, one: Expectation, sent: str) -> str:
        """The expression of an expectation's matcher."""
        return Matching(self.names, sent).of(one.matcher, wire=one.fact in WIRE)

    def capture(self, name: str, expression: str) -> None:
        """Write an assignment that keeps a value for later steps."""
        variable = identifier(name, self.state.taken - {name})
        if self.turn:
            self.line(f"{self.turn}_all_{name}[{self.turn}] = {expression}")
        self.captured.add(variable)
        self.line(f"{variable} = {expression}")
        self.check(f"{name} (captured)", variable, "present()")
        self.names.bind(name, variable)

    # Connections

    def open(self, name: str | None, *, fresh: bool = False) -> str:
        """The Python name of a connection, which is opened if the name is new."""
        if name is not None and name in self.connections:
            return self.connections[name]
        variable = self.name(name or "connection") if name else "connection"
        context = "" if self.tls is None else f"context=tls({self.certificate})"
        self.line(f"{variable} = Connection({context})")
        if name is not None:
            self.connections[name] = variable
        del fresh
        return variable

    @property
    def certificate(self) -> str:
        """The argument of ``tls`` for the certificate that clients present by default."""
        return f"certificate={self.tls!r}" if self.tls else ""

    def delivered(self, expression: str, data: bytes) -> str:
        """The expression of a write in the pieces of the case's delivery. ``data`` are its bytes."""
        delivery = self.case.delivery
        if delivery.whole:
            return expression
        if delivery.singly:
            return f"byte_by_byte({expression})"
        if SLOT.search(data.decode("latin-1")):
            raise CannotUnroll("a delivery in pieces contains a value that only a run knows")
        edges = list(accumulate(len(piece) for piece in pieces(data, delivery)))[:-1]
        return f"cut({expression}, None, ({', '.join(map(str, edges))},))" if edges else expression

    def note(self, step: Step, began: str, **values: object) -> None:
        """Remember that the client performs a step, for the steps that refer to it."""
        found = replace(ClientStep(step, began), **values)  # type: ignore[arg-type]
        self.state.performed.append(found)
        if self.shares and step.name and found.port:
            self.line(f"steps[{step.name!r}] = ({found.began}, {found.port})")

    def moment(self, name: str | None) -> str:
        """Write an assignment of the present time if a later step asks for it; the name of the variable."""
        if not self.watched:
            return "0.0"
        variable = self.name(f"{name or 'step'}_began")
        self.line(f"{variable} = time.monotonic()")
        return variable

    def before(self) -> list[ClientStep]:
        """The step before, as ``app`` means it by default."""
        return self.state.performed[-1:]

    def find(self, of: str | None) -> list[ClientStep]:
        """The steps that ``of`` means."""
        if of is None:
            return self.before()
        if of == "all":
            return list(self.state.performed)
        return [one for one in self.state.performed if of in (one.step.name, one.step.connection)]

    def seconds(self, value: float | None) -> str:
        """An argument ``within=...``, "" for none."""
        return "" if value is None else f"within={value:g}"


def same_place(one: SourceSpan, other: SourceSpan) -> bool:
    """True if two spans begin at the same place of a document."""
    return (one.line, one.column) == (other.line, other.column)


def arguments(*found: str) -> str:
    """Arguments of a call, without empty ones."""
    return ", ".join(one for one in found if one)


__all__ = ["PROCESS", "ClientStep", "Unroller", "arguments", "same_place", "show_time"]
