"""The steps ``app`` and ``drive`` as statements. Pure."""

from __future__ import annotations

from typing import cast

from engine.model.case import Step
from engine.model.iterables import TUPLE, AppIterable
from engine.reproduce.unroll.facts import BOUNDARY, FactExpressions
from engine.reproduce.unroll.of_http import number
from engine.reproduce.unroll.unroller import ClientStep, Unroller, arguments
from engine.steps.app.drive import DriveParams, FailSend, Give, Take, rendered, scope_of
from engine.steps.app.step import LIFESPAN, AppParams


def calls(unroller: Unroller, step: Step, of: str | None, function: str = "ended_calls", *more: str) -> str:
    """The expression of the calls that belong to some steps."""
    found = unroller.find(of)
    if not found and of == "all":
        return f"{function}({arguments(*more)})"
    if not found:
        return "[]"
    return f"{function}({arguments(*where(unroller, found), *more)})"


def where(unroller: Unroller, found: list[ClientStep]) -> list[str]:
    """The arguments for the calls of some steps: since when, of which port, and until when."""
    ports = {one.port for one in found}
    arguments_ = [f"since={found[0].began}"]
    behind = unroller.behind_gateway
    if len(ports) == 1 and found[0].port and not behind and not unroller.client_unknown:
        arguments_.append(f"port={found[0].port}")
    later = unroller.state.performed
    follower = next((one for one in later[later.index(found[-1]) + 1 :] if one.began != "0.0"), None)
    if found[-1].precise and follower is not None:
        arguments_.append(f"until={follower.began}")
    return arguments_


def app(unroller: Unroller, step: Step) -> None:
    """``app``: the calls that earlier steps caused, and their checks."""
    params, checks = cast(AppParams, step.params), step.checks
    variable = unroller.name(step.name or "call")
    if params.of == LIFESPAN:
        expression = "lifespan_calls(wait=0)" if checks.within is not None else "lifespan_calls()"
    elif checks.quiet is not None:
        expression = calls(unroller, step, params.of, "quiet_calls", f"quiet={checks.quiet:g}")
    elif checks.within is not None:
        expression = calls(unroller, step, params.of, "calls_of")
    else:
        expression = calls(unroller, step, params.of)
    facts = with_streamed(unroller, params)

    def look() -> None:
        unroller.line(f"{variable}s = {expression}")
        nth = "" if params.call is None else number(params.call, unroller.names)
        compares = any(group is not None and group.same_as is not None for group in (checks.expect, checks.should))
        if compares or unroller.compares or any(fact not in ("calls", "paths") for fact in checks.facts):
            unroller.line(f"{variable} = numbered({arguments(f'{variable}s', nth)})")
        if nth:
            unroller.check("calls", f"len({variable}s)", f"at_least({nth})")
        unroller.checks(step, facts, variable)

    if checks.within is None or not checks.judges:
        look()
        return
    name = unroller.name(f"look_at_{variable}")
    captures = [key for key, _ in checks.capture]
    for key in captures:
        unroller.line(f"{key} = None")
    with unroller.block(f"def {name}() -> None:"):
        if captures:
            unroller.line(f"nonlocal {', '.join(captures)}")
        look()
    unroller.line(f"retry({name}, within={checks.within:g}, every=0.01)")


def with_streamed(unroller: Unroller, params: AppParams) -> FactExpressions:
    """The facts of the boundary, with ``streamed``, which also depends on the response."""
    found = [] if params.of == LIFESPAN else unroller.find(params.of)
    reply = found[-1].reply if found else ""
    if not reply:
        return BOUNDARY
    streamed = f"{reply}.pieces[0][1] < {{it}}.sent_at[-1] if {reply}.pieces and {{it}}.sent_at else ABSENT"
    return FactExpressions({**BOUNDARY.plain, "streamed": streamed}, BOUNDARY.families)


def drive(unroller: Unroller, step: Step) -> None:
    """``drive``: a call of the application in the client's own process."""
    params, names = cast(DriveParams, step.params), unroller.names
    given = scope_of(params, names)
    if isinstance(pairs := given.get("headers"), list):
        given["headers"] = [AppIterable(TUPLE, pair) if isinstance(pair, tuple) else pair for pair in pairs]
    scope = names.expression(given)
    entries = []
    for one in params.script:
        match one.params:
            case Give(message):
                entries.append(f"('give', {names.expression(rendered(message, names))})")
            case Take(kind):
                entries.append(f"('take', {names.expression(rendered(kind, names))})")
            case FailSend(error, after):
                name = str(rendered(error, names))
                entries.append(f"('fail_send', ({name}(), {number(after, names)}))")
    within = 5.0 if step.checks.within is None else step.checks.within
    began = unroller.moment(step.name) if unroller.watched else unroller.name("began")
    if not unroller.watched:
        unroller.line(f"{began} = time.monotonic()")
    unroller.line(f"scope = {scope}")
    unroller.line(f"script = [{', '.join(entries)}]")
    unroller.check("the rest of the script", f"drive(app, scope, script, within={within:g})", "''")
    unroller.note(step, began)
    variable = unroller.name(step.name or "call")
    unroller.line(f"{variable}s = calls_of(since={began})")
    unroller.line(f"{variable} = numbered({variable}s)")
    unroller.checks(step, BOUNDARY, variable)


UNROLLERS = {("step", "app"): app, ("step", "drive"): drive}
