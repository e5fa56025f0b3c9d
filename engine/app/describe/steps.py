"""Steps in words: their bytes, their parameters and their expectations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.app.describe.arguments import parameters, words
from engine.app.describe.before import preview
from engine.app.describe.phrases import Phrases, time_in_words
from engine.loading.read.app_script import commands, schema_of
from engine.loading.vocabulary import type_of
from engine.model.case import AppCommand, Application, Step
from engine.model.expectation import Group
from engine.steps.api.step_type import StepType, StepTypes
from engine.terminal.paint import Role
from engine.terminal.tree import TreeEntry


@dataclass(frozen=True, slots=True)
class Steps:
    """Describes the steps of one case. With ``library`` the steps that no library performs say why; with ``http2``
    they are those over HTTP/2."""

    step_types: StepTypes
    phrases: Phrases
    variables: Mapping[str, object]
    library: bool = False
    http2: bool = False

    def entries(self, steps: Sequence[Step], number: str = "") -> list[TreeEntry]:
        """An entry for each step, numbered: 1, 2, 2.1."""
        return [self.step(step, f"{number}{index}") for index, step in enumerate(steps, 1)]

    def step(self, step: Step, number: str) -> TreeEntry:
        """A step's head, and below it what it sends, the steps inside, and what is expected."""
        step_type = self.step_types[step.group, step.step_type]
        sent = preview(step, step_type, self.variables, http2=self.http2)
        below = [TreeEntry(stretch.what, data=stretch.data) for stretch in sent or ()]
        for name, inner in step_type.inner(step.params) if step_type.inner is not None else ():
            listed = self.entries(inner, f"{number}.{name}." if name else f"{number}.")
            below += [TreeEntry(f"{name}:", listed)] if name else listed
        below += self.checks(step, step_type)
        head = ", ".join(self.head(step, step_type, has_bytes=sent is not None))
        text = f"{number}  {step.step_type}" + (f": {head}" if head else "")
        return TreeEntry(text, below, hanging=len(number) + 2, role=Role.HEADING)

    def head(self, step: Step, step_type: StepType[Any], *, has_bytes: bool) -> Iterator[str]:
        """A step's name, connection and parameters; if it ``has_bytes``, without those that its
        bytes show."""
        if step.name:
            yield f"as {step.name}"
        if step.connection:
            yield f"on the connection {step.connection}"
        keys = step_type.schema.get("properties", {})
        besides = [name.replace("_", " ") for name in step_type.besides]
        for name, value in parameters(step.params):
            if has_bytes and name not in besides:
                continue
            schema = keys.get(name.replace(" ", "_"))
            if schema is None:
                # The value under the key is the only parameter, so its name says nothing more.
                yield words(value, step_type.schema, self.phrases)
            else:
                yield f"{name} {words(value, schema, self.phrases)}"
        if self.library and step_type.not_by_library is not None and (why := step_type.not_by_library(step.params)):
            yield f"by the engine's own client only: {why}"
        if step.checks.within is not None:
            time = time_in_words(step.checks.within)
            yield f"again and again, within {time}" if step_type.within == "polls" else f"within {time}"
        if step.checks.quiet is not None:
            yield f"after {time_in_words(step.checks.quiet)} without traffic"

    def checks(self, step: Step, step_type: StepType[Any]) -> Iterator[TreeEntry]:
        """The expectations, recorded values and captures of a step."""
        for word, group in (("expect", step.checks.expect), ("should", step.checks.should)):
            if group is not None:
                yield TreeEntry(word, list(self.group(group, step_type)), role=Role.EXPECTED)
        if step.checks.record:
            yield TreeEntry("record", [TreeEntry(f"{fact}, as {name}") for name, fact in step.checks.record])
        if step.checks.capture:
            yield TreeEntry("capture", [TreeEntry(f"{fact}, as $({name})") for name, fact in step.checks.capture])

    def group(self, group: Group, step_type: StepType[Any]) -> Iterator[TreeEntry]:
        """Each expectation as a sentence."""
        for one in group.expectations:
            unit = type_of(step_type, one.fact).dimension
            yield TreeEntry(f"{one.fact} {self.phrases.phrase(one.matcher, unit)}", hanging=4)
        if (same_as := group.same_as) is not None:
            parts = [name for name in same_as.without if name not in step_type.compared]
            left_out = f", without {', '.join(parts)}" if parts else ""
            compared = f"{', '.join(same_as.facts)}{left_out}"
            yield TreeEntry(f"the same as in the step {same_as.step!r}: {compared}", hanging=4)
        if group.any_of:
            yield TreeEntry(
                "and all of one of these:" if group.expectations or group.same_as else "all of one of these:",
                [
                    TreeEntry("either" if not number else "or", list(self.group(inner, step_type)))
                    for number, inner in enumerate(group.any_of)
                ],
            )

    def application(self, application: Application) -> list[TreeEntry]:
        """The scripts of an application, each command on a line."""
        scripts = [("lifespan", application.lifespan), ("http", application.http), ("websocket", application.websocket)]
        scripts += [(f"path {path}", script_entries) for path, script_entries in application.paths.items()]
        return [
            TreeEntry(name, self.script_entries(script_entries))
            for name, script_entries in scripts
            if script_entries is not None
        ]

    def script_entries(self, script_entries: Sequence[AppCommand]) -> list[TreeEntry]:
        """An entry for each command; the commands inside it stand below."""
        return [self.script_entry(script_entry) for script_entry in script_entries]

    def script_entry(self, script_entry: AppCommand) -> TreeEntry:
        """One command."""
        argument, schema = script_entry.argument, schema_of(commands()[script_entry.word])
        inner: tuple[AppCommand, ...] = ()
        if isinstance(argument, Mapping):
            inner = tuple(item for item in argument.get("script", ()) if isinstance(item, AppCommand))
            argument = {name: value for name, value in argument.items() if name != "script" and value not in ([], ())}
            if set(argument) == {"event"}:
                argument = argument["event"]
        text = "" if argument is True or argument == {} else f" {words(argument, schema, self.phrases)}"
        name = f" (as {script_entry.name})" if script_entry.name else ""
        return TreeEntry(f"- {script_entry.word}{text}{name}", self.script_entries(inner))
