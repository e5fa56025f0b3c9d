"""The JSON schema of a suite, composed from step types, script actions, operators and commands.

It uses neither ``oneOf`` nor ``anyOf``, so that every error is a leaf's and has one place: a choice of step types is an
object with exactly one of several keys, and "literal or operators" is a list of types with ``properties``, which ignore
scalars. ``title`` describes a value in the language's words. Messages are made from it, and their codes from
``x-code``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.loading.read import settings
from engine.loading.read.app_script import commands, schema_of
from engine.loading.read.history import HISTORY
from engine.loading.read.literals import LITERALS, NAMES, ref
from engine.loading.read.sheets import CLAUSES, KNOWN_FAILURES
from engine.loading.schema.codes import KEY, ValueCode
from engine.loading.schema.suite import case_schema, suite_schema
from engine.loading.vocabulary import Schema, Vocabulary
from engine.matchers.base import Operator
from engine.model.settings import KIND as SETTINGS
from engine.steps.api.groups import STEP
from engine.steps.api.step_type import StepType

DRAFT = "https://json-schema.org/draft/2020-12/schema"

ANY = ["array", "boolean", "integer", "null", "number", "object", "string"]


def compose_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """The schema of a suite, for ``schemas/suite.json``."""
    definitions: dict[str, Any] = dict(LITERALS)
    definitions["matcher"] = _matcher(vocabulary.operators)
    definitions["expect"] = _expect("expect", {})
    definitions["command"] = _union(
        ValueCode.ACT,
        "a command",
        "One command of the application's script: a mapping with one key.",
        {word: {**schema_of(one), "description": one.summary} for word, one in commands().items()},
    )
    for group, step_types in sorted(vocabulary.groups.items()):
        entries = {name: _body(step_type, definitions) for name, step_type in step_types.items()}
        if group == STEP:
            definitions["step"] = _union(
                ValueCode.STEP, "a step", "One step: a mapping with one key, which names its type.", entries
            )
        else:
            title = f"an action of `{group}`"
            definitions[f"action:{group}"] = _union(
                ValueCode.ACTION, title, f"One action of a `{group}` script.", entries
            )
            definitions[f"script:{group}"] = {
                "title": f"the script of `{group}`: always a list",
                "type": "array",
                "items": ref(f"action:{group}", "One action, in order."),
            }
    definitions["case"] = case_schema(vocabulary.names)
    return {
        "$schema": DRAFT,
        "title": "a suite",
        KEY: ValueCode.SUITE.value,
        **suite_schema(vocabulary.names),
        "$defs": definitions,
    }


def compose_schemas(vocabulary: Vocabulary) -> dict[str, dict[str, Any]]:
    """Every schema by the first key of its documents."""
    return {
        "suite": compose_schema(vocabulary),
        "clauses": {"$schema": DRAFT, **CLAUSES},
        "known-failures": {"$schema": DRAFT, **KNOWN_FAILURES},
        "history": {"$schema": DRAFT, **HISTORY},
        SETTINGS: {"$schema": DRAFT, **settings.schema(vocabulary.names)},
    }


def rendered(schema: Mapping[str, Any]) -> str:
    """A schema in the form in which it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path, schemas: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    """Write schemas into a folder, for editors. Returns the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas.items():
        path = folder / f"{name}.json"
        path.write_text(rendered(schema), encoding="utf-8")
        written.append(path)
    return written


def _union(code: ValueCode, title: str, description: str, entries: Mapping[str, Schema]) -> Schema:
    return {
        "title": title,
        KEY: code.value,
        "description": description,
        "type": "object",
        "properties": dict(entries),
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _body(step_type: StepType[Any], definitions: dict[str, Any]) -> Schema:
    """The schema of a step type's value, with the keys that all step types share."""
    schema = dict(step_type.schema)
    shared: dict[str, Schema] = {}
    if step_type.named:
        shared["as"] = ref("word", "A name for this step, for others to refer to.")
    if step_type.connects:
        shared["connection"] = ref("word", "The named connection to continue, or to open.")
    if step_type.observes:
        name = (
            f"expect:{step_type.name}"
            if len(step_type.groups) == 1
            else f"expect:{'+'.join(step_type.groups)}:{step_type.name}"
        )
        if name in definitions and definitions[name] != _expected(step_type, name):
            name = f"expect:{'+'.join(step_type.groups)}:{step_type.name}"  # another script has a look of that name
        definitions[name] = _expected(step_type, name)
        shared["expect"] = ref(name, "Facts that must hold, at the case's level, and their matchers.")
        shared["should"] = ref(name, "Facts that should hold: a warning if they do not.")
        shared["record"] = ref("record", "Values to keep with the result, without judging them: a name for each fact.")
        shared["capture"] = ref("capture", "Values for later steps: a variable's name for each fact.")
    if step_type.within:
        polls = step_type.within == "polls"
        text = (
            "Repeat the observation until the expectation holds, for at most this time."
            if polls
            else "Wait at most this time."
        )
        shared["within"] = ref("time", text)
    if step_type.quiet:
        shared["quiet"] = ref("time", "Wait until there has been no traffic for this time, then check.")
    if shared:
        schema["properties"] = {**schema.get("properties", {}), **{k: v for k, v in shared.items()}}
        schema.setdefault("type", "object")
        schema.setdefault("additionalProperties", False)
    return {**schema, "description": step_type.summary}


def _expected(step_type: StepType[Any], name: str) -> Schema:
    """The schema of the expectations of a step type, under a name of its own."""
    return _expect(name, {fact.name: fact.summary for fact in step_type.facts}, step_type.compared)


def _same_as(compared: Sequence[str]) -> Schema:
    """The comparison with an earlier step."""
    items = {"title": "a fact's name", "description": "A fact, or a part of one.", "type": "string"}
    names = {"title": "a list of facts", "type": "array", "minItems": 1, "items": items}
    return {
        "title": "the name of an earlier step, or a mapping with `step`",
        "description": f"The facts of this step equal those of an earlier one: {', '.join(compared)}.",
        "type": ["object", "string"],
        "properties": {
            "step": ref("word", "The name of the earlier step."),
            "only": {**names, "description": "The only facts that are compared."},
            "without": {**names, "description": "Facts, or parts of them such as headers.server, that may differ."},
        },
        "required": ["step"],
        "additionalProperties": False,
    }


def _expect(name: str, facts: Mapping[str, str], compared: Sequence[str] = ()) -> Schema:
    """The body of an ``expect``. Facts with a star are patterns; the linter checks names against them."""
    plain = {fact: ref("matcher", summary) for fact, summary in facts.items() if "*" not in fact}
    roots = {
        fact.removesuffix("[.*]"): ref("matcher", summary)
        for fact, summary in facts.items()
        if fact.endswith("[.*]") and "*" not in fact.removesuffix("[.*]")
    }
    groups = {
        "title": "a list of groups",
        "description": "Groups of facts, at least one of which must hold completely.",
        "type": "array",
        "minItems": 1,
        "items": ref(name, "One group, all of which must hold."),
    }
    return {
        "title": "a mapping of facts to expected values",
        "type": "object",
        "minProperties": 1,
        "properties": {**roots, **plain, "any_of": groups, **({"same_as": _same_as(compared)} if compared else {})},
        "additionalProperties": ref("matcher", "A fact and its expected value."),
    }


def _matcher(operators: Mapping[str, Operator]) -> Schema:
    properties: dict[str, Any] = {name: argument_schema(operator) for name, operator in sorted(operators.items())}
    schema: dict[str, Any] = {
        "title": "a literal, or a mapping of operators",
        KEY: ValueCode.MATCHER.value,
        "type": ANY,
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
    }
    if "var" in properties:
        properties["plus"] = {"description": "A number that is added to the variable.", "type": "number"}
        schema["dependentRequired"] = {"plus": ["var"]}
    return schema


def argument_schema(operator: Operator) -> Schema:
    """The schema of an operator's argument."""
    described = {"description": operator.summary}
    argument = str(getattr(operator.argument, "value", operator.argument))
    match argument:
        case "matcher":
            return ref("matcher", operator.summary)
        case "matchers":
            items = ref("matcher", "A matcher.")
            return {
                **described,
                "title": "a list of matchers",
                KEY: ValueCode.MATCHERS.value,
                "type": "array",
                "minItems": 1,
                "items": items,
            }
        case "fields":
            fields = ref("matcher", "The expected value of this key.")
            return {
                **described,
                "title": "a mapping of keys to matchers",
                "type": "object",
                "additionalProperties": fields,
            }
        case "amount":
            return ref("amount", operator.summary)
        case "size":
            return ref("size-or-count", operator.summary)
        case "moment":
            return ref("moment", operator.summary)
        case "near":
            return {
                **described,
                "title": "a date or an amount, or a mapping with `to` and `within`",
                "type": ["number", "object", "string"],
                "minProperties": 1,
                "properties": {
                    "to": ref("moment", "The middle: `now`, a date, a number, or an amount with its unit."),
                    "within": ref("amount", "The tolerance on each side; 5 s by default."),
                    "var": {"description": "The variable with the middle.", "type": "string", "pattern": NAMES},
                    "plus": {"description": "A number that is added to the variable.", "type": "number"},
                },
                "additionalProperties": False,
            }
        case "text":
            return ref("bytes", operator.summary)
        case "flag":
            return {**described, "title": "true or false", "type": "boolean"}
        case "word":
            return {**described, "title": "one of a few words", "enum": sorted(operator.words)}
        case "pattern":
            return {**described, "title": "a regular expression, as text", "type": "string"}
        case "variable":
            return {**described, "title": "a variable's name", "type": "string", "pattern": NAMES}
        case "name":
            return {**described, "title": "a name, as text", "type": "string"}
        case "bytes":
            return ref("bytes", operator.summary)
    return ref("literal", operator.summary)
