"""The steps ``parallel``, ``repeat``, ``eventually``, ``pause``, ``mark`` and ``await`` as statements. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from engine.model.case import Step
from engine.model.variables import fill
from engine.reproduce.unroll.facts import REPEAT
from engine.reproduce.unroll.of_http import OF_STEP, number
from engine.reproduce.unroll.source import CannotUnroll
from engine.reproduce.unroll.unroller import Unroller
from engine.steps.api.inner import inside
from engine.steps.flow.checkpoints import CheckpointParams
from engine.steps.flow.eventually import EventuallyParams
from engine.steps.flow.parallel import ParallelParams
from engine.steps.flow.pause import PauseParams
from engine.steps.flow.repeat import RepeatParams


def function(unroller: Unroller, name: str, parameters: str, steps: tuple[Step, ...]) -> None:
    """Write a nested function with steps in it. Its connections are its own, and those with a name stay open behind it;
    its captures are those of the client."""
    connections, websockets, jars = dict(unroller.connections), dict(unroller.websockets), dict(unroller.jars)
    captures = sorted({key for one in all_of(unroller, steps) for key, _ in one.checks.capture})
    for capture in captures:
        if capture not in unroller.captured:
            unroller.line(f"{capture} = None")
    outer, unroller.shares = unroller.shares, unroller.watched and not unroller.turn
    if unroller.shares and not outer and not unroller.state.shared:
        unroller.line("steps: dict[str, tuple[float, int]] = {}")
        unroller.state.shared = True
    around, unroller.outermost = unroller.outermost, unroller.outermost or (len(unroller.state.lines), unroller.indent)
    with unroller.block(f"def {name}({parameters}) -> None:"):
        if captures:
            unroller.line(f"nonlocal {', '.join(captures)}")
        unroller.run(steps)
        for key in sorted(unroller.connections.keys() - connections):
            if OF_STEP not in key:
                unroller.line(f"{holder(unroller)}.append({unroller.connections[key]})")
    unroller.shares, unroller.outermost = outer, around
    unroller.connections, unroller.websockets, unroller.jars = connections, websockets, jars


def holder(unroller: Unroller) -> str:
    """The list of the connections that stay open behind the function that opened them, written before it."""
    if not unroller.state.holder and unroller.outermost is not None:
        line, indent = unroller.outermost
        unroller.state.holder = unroller.name("held")
        unroller.state.lines.insert(line, "    " * indent + f"{unroller.state.holder}: list[object] = []")
    return unroller.state.holder


def all_of(unroller: Unroller, steps: tuple[Step, ...]) -> list[Step]:
    """Steps with the steps inside them."""
    return [one for step in steps for one in (step, *inside(step, unroller.step_types))]


def parallel(unroller: Unroller, step: Step) -> None:
    """``parallel``: branches as functions, called at once."""
    began = unroller.moment(step.name)
    names = []
    first = len(unroller.state.performed)
    for branch, steps in cast(ParallelParams, step.params).branches:
        names.append(unroller.name(branch))
        function(unroller, names[-1], "", steps)
    together(unroller, step, began, first)
    unroller.line(f"at_once({', '.join(names)})")


def together(unroller: Unroller, step: Step, began: str, first: int) -> None:
    """Replace the steps since ``first`` by one that stands for all their calls: the variables of a function are not
    those of the client."""
    inner = unroller.state.performed[first:]
    del unroller.state.performed[first:]
    if not inner:
        return
    for one in inner:
        shared = f"steps[{one.step.name!r}]"
        known = one.step.name is not None and one.port and not unroller.turn
        where = (f"{shared}[0]", f"{shared}[1]") if known else (began, "")
        unroller.state.performed.append(replace(one, began=where[0], port=where[1], reply="", precise=False))
    unroller.note(step, began)


def repeat(unroller: Unroller, step: Step) -> None:
    """``repeat``: the turn as a function, called several times."""
    params, names = cast(RepeatParams, step.params), unroller.names
    times, together_ = number(params.times, names), number(params.at_once, names)
    facts = step.checks.facts
    variable = unroller.name(step.name or "turn")
    index = unroller.name(params.index)
    captures = sorted({key for one in all_of(unroller, params.steps) for key, _ in one.checks.capture})
    for capture in captures:
        unroller.line(f"{index}_all_{capture}: dict[int, object] = {{}}")
    began = unroller.moment(step.name)
    first = len(unroller.state.performed)
    names.bind(params.index, index)
    outer, unroller.turn = unroller.turn, index
    function(unroller, variable, f"{index}: int", params.steps)
    more = [together_] if together_ != "1" or "passed" in facts else []
    more += ["tolerant=True"] if "passed" in facts else []
    if "elapsed" in facts:
        unroller.line(f"{variable}_began = time.monotonic()")
    unroller.line(f"{variable}_passed = repeat({', '.join([variable, times, *more])})")
    if "elapsed" in facts:
        unroller.line(f"{variable}_elapsed = time.monotonic() - {variable}_began")
    together(unroller, step, began, first)
    unroller.turn = outer
    for capture in captures:
        if f"all.{capture}" in facts:
            values = f"[{index}_all_{capture}[key] for key in sorted({index}_all_{capture})]"
            unroller.line(f"{variable}_all_{capture} = {values}")
    unroller.checks(step, REPEAT, variable)


def eventually(unroller: Unroller, step: Step) -> None:
    """``eventually``: a try as a function, called until it holds."""
    params = cast(EventuallyParams, step.params)
    variable = unroller.name(step.name or "attempt")
    began = unroller.moment(step.name)
    first = len(unroller.state.performed)
    function(unroller, variable, "", params.steps)
    within, every = number(params.within, unroller.names), number(params.every, unroller.names)
    unroller.line(f"retry({variable}, within={within}, every={every})")
    together(unroller, step, began, first)


def pause(unroller: Unroller, step: Step) -> None:
    """``pause``; on a connection, what is received meanwhile is taken."""
    time = number(cast(PauseParams, step.params).time, unroller.names)
    unroller.line(f"{unroller.current}.pause({time})" if unroller.current else f"time.sleep({time})")


def mark(unroller: Unroller, step: Step) -> None:
    """``mark``."""
    unroller.line(f"mark({fill(cast(CheckpointParams, step.params).name, unroller.names)!r})")


def meet(unroller: Unroller, step: Step) -> None:
    """``await``."""
    unroller.line(f"wait_for_mark({fill(cast(CheckpointParams, step.params).name, unroller.names)!r})")


_IN_SCRIPTS = {"pause": pause, "mark": mark, "await": meet}
UNROLLERS = {
    ("step", "parallel"): parallel,
    ("step", "repeat"): repeat,
    ("step", "eventually"): eventually,
    **{(group, name): f for group in ("step", "tcp", "websocket", "fastcgi") for name, f in _IN_SCRIPTS.items()},
}
__all__ = ["UNROLLERS", "CannotUnroll"]
