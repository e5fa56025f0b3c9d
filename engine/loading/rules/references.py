"""References of a case: clauses, endpoints, steps and connections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from engine.loading.read.app_script import commands
from engine.loading.rules.view import View
from engine.model.source_span import SourceSpan
from engine.model.target import CONTROLS
from engine.registry import nearest

OUTCOME = ("ok", "raised", "bases", "elapsed", "event", "count", "value")
"""The parts of a command's outcome: the words after `result.NAME.`."""

CLOSE = "close"
"""The name of the outcome of the server's call of ``close()``, recorded by the observer of a WSGI app."""

BARE = CONTROLS[1]
"""The bare WSGI app."""

_late = re.compile(r"\$\([^)]*\)")


def check(view: View) -> None:
    """Unknown citations, endpoints that the contract lacks, `of` without a step or connection of that name, outcomes of
    unknown commands."""
    _citations(view)
    _endpoints(view)
    _names(view)
    _outcomes(view)


def near(word: str, known: Iterable[str]) -> str:
    """The nearest of many known words, or "" if none is similar: a hint does not list hundreds of words."""
    hint = nearest(word, known)
    return hint if hint.startswith("did you mean") or len(hint) < 200 else ""


def near_clause(word: str, clauses: Iterable[str]) -> str:
    """A hint for an unknown clause: the clause with the same number or the nearest one, else the command that lists
    clauses."""
    known = list(clauses)
    family, _, number = word.upper().rpartition("-")
    if number.isdigit():
        same = [one for one in known if re.fullmatch(rf"{re.escape(family)}-0*{int(number)}", one)]
        if same:
            return f"did you mean {same[0]!r}?"
    hint = near(word.upper(), known)
    return hint or "`engine list clauses` lists all clauses"


def _outcomes(view: View) -> None:
    """`result.NAME` of a command that the script lacks, and `join` and `cancel` of a task that it does not spawn."""
    every = list(view.commands())
    named = [str(name.value) for _, body in every if (name := body.get("as")) is not None]
    runs_on = view.key("runs_on")
    if runs_on is not None and runs_on.value == "wsgi":
        named.append(CLOSE)
    spawned = [
        str(name.value) for word, body in every if commands()[word].task and (name := body.get("as")) is not None
    ]
    for word, body in every:
        if commands()[word].argument == "task" and str(body.value) not in spawned and "$(" not in str(body.value):
            what = f"this script has no `spawn` called {body.value!r}"
            hint = near(str(body.value), spawned) if spawned else "add one before it: `spawn: {as: ..., script: [...]}`"
            view.notes.error(body.place, "unknown-act-name", what, hint)
    for item in view.items():
        if "result[.*]" not in item.step_type.facts_by_name:
            continue
        for fact, place in item.named():
            _outcome(view, fact, place, named)


def _outcome(view: View, name: str, place: SourceSpan, named: Sequence[str]) -> None:
    root, _, rest = name.partition(".")
    outcome, _, word = rest.partition(".")
    if root != "result" or not outcome or "$(" in name:
        return
    if outcome not in named:
        what = f"this case's script has no command called {outcome!r}"
        hint = near(outcome, named) if named else "name one with `as:` in `application`"
        view.notes.error(place, "unknown-act-name", what, hint)
    elif word and word.partition(".")[0] not in OUTCOME:
        hint = nearest(word.partition(".")[0], OUTCOME)
        view.notes.error(
            place, "unknown-fact", f"the outcome of a command has no part {word.partition('.')[0]!r}", hint
        )


def _citations(view: View) -> None:
    cited = view.key("cite")
    if cited is None and of_project(view):
        return  # a requirement of the project's own
    if cited is None:
        view.notes.error(view.place, "missing-key", "this case cites no clause", "add `cite:` to it, or to the suite")
        return
    clauses = view.vocabulary.clauses
    for node in cited.items():
        if str(node.value) not in clauses:
            hint = near_clause(str(node.value), clauses)
            view.notes.error(node.place, "unknown-clause", f"there is no clause {node.value!r}", hint)


def of_project(view: View) -> bool:
    """True if the case is about the applications of a project, which have other endpoints than the contract."""
    runs_on = view.key("runs_on")
    return runs_on is not None and runs_on.value == "applications"


def _endpoints(view: View) -> None:
    if of_project(view):
        return
    runs_on = view.key("runs_on")
    is_wsgi = runs_on is not None and runs_on.value == "wsgi"
    endpoints = view.vocabulary.wsgi_endpoints if is_wsgi else view.vocabulary.endpoints
    if endpoints is None:
        return
    contract = "the contract of the WSGI apps" if is_wsgi else "the contract"
    for item in view.items():
        if item.step_type.endpoint is None:
            continue
        key, kind = item.step_type.endpoint
        path = item.body.get(key)
        if path is None or not isinstance(path.value, str) or _scripted(view, kind, path.value):
            continue
        method = item.body.get("method")
        word = str(method.value) if method is not None and isinstance(method.value, str) else "GET"
        target = _late.sub("x", path.value.partition("?")[0])
        if "$(" in word or path.value.startswith("$("):
            continue
        if endpoints.knows(word, target, kind):
            if endpoints.bare(word, target, kind) and not _only_bare(view):
                what = f"only the bare app answers {word} {target}, and this case runs on others too"
                view.notes.error(path.place, "bare-endpoint", what, f"add `only: {{frameworks: [{BARE}]}}`")
            continue
        hint = endpoints.nearest(target)
        if not hint or hint.startswith("known"):
            hint = f"see {contract}" + ("" if is_wsgi else ", or script the application under `application`")
        named = "WebSocket endpoint" if kind == "websocket" else "endpoint"
        text = f"{word} {target}" if kind != "websocket" else target
        view.notes.error(path.place, "unknown-endpoint", f"{contract} has no {named} {text!r}", hint)


def _only_bare(view: View) -> bool:
    only = view.key("only")
    frameworks = only.get("frameworks") if only is not None else None
    return frameworks is not None and [node.value for node in frameworks.items()] == [BARE]


def _scripted(view: View, script: str, path: str) -> bool:
    application = view.application
    if application is None:
        return False
    paths = application.get("paths")
    return script in application or (paths is not None and path.partition("?")[0] in paths)


def _names(view: View) -> None:
    items = list(view.items())
    known = {"lifespan", "all"}
    for item in items:
        for key, flag in (("as", item.step_type.named), ("connection", item.step_type.connects)):
            if flag and (node := item.body.get(key)) is not None:
                known.add(str(node.value))
    for item in items:
        for key in item.step_type.refers:
            node = item.body.get(key)
            if node is None or not isinstance(node.value, str):
                continue
            if node.value not in known:
                what = f"this case has no step or connection called {node.value!r}"
                view.notes.error(node.place, "unknown-step-name", what, near(node.value, known))
