"""Cases with a server of their own: its start, its end, and its measured resources."""

from __future__ import annotations

from engine.loading.read.outline import Item
from engine.loading.rules.view import View
from engine.model.requirements import Requirement

GROWTH = ".growth"
PEAK = ".peak"


def check(view: View) -> None:
    """A process that is declared shared and cannot be; steps before the server is started; an awaited end that no step
    causes; a worker to kill if there may be none; growth without a start."""
    _shared(view)
    _started(view)
    _ended(view)
    _workers(view)
    for item in view.items():
        _growth(view, item)


def _shared(view: View) -> None:
    said = view.node.get("process")
    owner = next((item for item in view.items() if Requirement.DEDICATED in item.step_type.requires), None)
    may_die = view.node.get("may_die")
    if said is not None and said.value == "shared" and owner is None and may_die is not None and may_die.value is True:
        what = "a case whose server may die needs one of its own, and this case declares a shared one"
        view.notes.error(said.place, "shared-process", what, "delete `process: shared`")
    if said is not None and said.value == "shared" and owner is not None:
        what = f"a case with `{owner.name}` needs a server of its own, and this case declares a shared one"
        view.notes.error(said.place, "shared-process", what, "delete `process: shared`")


def _started(view: View) -> None:
    leaves = [item for item in view.items() if not item.inner and not item.step_type.before_start]
    starts = [item.step_type.lifecycle == "starts" for item in leaves]
    if any(starts) and not starts[0]:
        what = f"this case starts its own server, so there is no server yet for `{leaves[0].name}`"
        view.notes.error(leaves[0].body.key, "not-started", what, "put `start` before it")


def _ended(view: View) -> None:
    may_die = view.node.get("may_die")
    causes = any(item.step_type.lifecycle in ("starts", "ends") for item in view.items())
    causes = causes or (may_die is not None and may_die.value is True)
    for item in view.items():
        if item.step_type.lifecycle == "awaits its end" and not causes:
            what = f"no step of this case ends the server, so `{item.name}` would never finish"
            hint = "add `signal: TERM` before it, or `may_die: true` to the case if its requests may end the server"
            view.notes.error(item.body.key, "no-end", what, hint)


def _workers(view: View) -> None:
    server = view.key("server")
    workers = server.get("workers") if server is not None else None
    enough = workers is not None and (not isinstance(workers.value, int) or workers.value > 1)
    for item in view.items():
        if Requirement.WORKERS in item.step_type.requires and not enough:
            what = "a server may have no worker apart from its main process"
            view.notes.error(item.body.key, "no-workers", what, "add `server: {workers: 2}` to the case")


def _growth(view: View, item: Item) -> None:
    if not any(fact.name.endswith(GROWTH) for fact in item.step_type.facts) or item.body.get("since") is not None:
        return
    for name, place in item.named():
        if name.endswith((GROWTH, PEAK)):
            sort = "growth" if name.endswith(GROWTH) else "peak"
            what = f"{name!r} is the {sort} since an earlier `{item.name}`, and none is named"
            hint = f"name an earlier one: `{item.name}: {{since: before, ...}}`"
            view.notes.error(place, "no-since", what, hint)
