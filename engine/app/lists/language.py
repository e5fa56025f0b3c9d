"""Lists of the language's words: step types with their keys, operators, facts, literals, commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.app.lists.base import Listing, ListKind, Stock, rows
from engine.loading.read.app_script import commands as script_commands
from engine.loading.read.app_script import schema_of
from engine.loading.read.literals import LITERALS
from engine.loading.schema.compose import argument_schema, compose_schema
from engine.model.facts import FactType
from engine.steps.api.groups import STEP
from engine.terminal.columns import TextTable

Schema = Mapping[str, Any]


def takes(schema: Schema, literals: Schema) -> str:
    """The values that a schema allows, in a few words: its title, or that of the schema that it refers to."""
    if "title" in schema:
        words = [str(word) for word in schema.get("enum", ())]
        return f"one of {', '.join(words)}" if words else str(schema["title"])
    if "enum" in schema:
        return "one of " + ", ".join(str(word) for word in schema["enum"])
    if "$ref" in schema:
        return takes(literals.get(str(schema["$ref"]).removeprefix("#/$defs/"), {}), literals)
    sorts = schema.get("type", "anything")
    words = [sorts] if isinstance(sorts, str) else [sort for sort in sorts if sort != "object"]
    return " or ".join({"array": "a list", "object": "a mapping"}.get(word, word) for word in words)


def keys_of(schema: Schema, literals: Schema) -> dict[str, dict[str, Any]]:
    """The keys of a mapping; none where something else stands there. Those that must be there go first."""
    if schema.get("type") != "object":
        return {}
    needed = schema.get("required", ())
    found = {
        name: {
            "description": body.get("description", ""),
            "takes": takes(body, literals),
            "required": name in needed,
        }
        for name, body in schema.get("properties", {}).items()
    }
    return dict(sorted(found.items(), key=lambda entry: not entry[1]["required"]))


def keys_in_words(keys: Mapping[str, Mapping[str, Any]], instead: str) -> str:
    """``path (needed), method, query``; ``instead`` where there are none."""
    words = [f"{name} (needed)" if key["required"] else name for name, key in keys.items()]
    return ", ".join(words) or instead


def step_types(stock: Stock) -> Listing:
    """Step types and the actions of scripts."""
    vocabulary = stock.engine.words.loading
    definitions = compose_schema(vocabulary)["$defs"]
    items: list[dict[str, Any]] = []
    tables = []
    for group, found in sorted(vocabulary.groups.items(), key=lambda entry: entry[0] != STEP):
        table = []
        for name, step_type in found.items():
            schema = definitions["step" if group == STEP else f"action:{group}"]["properties"][name]
            keys = keys_of(schema, definitions)
            other = f"takes {body(schema, step_type.schema, definitions)}"
            items.append(
                {"name": name, "group": group, "summary": step_type.summary, "keys": keys}
                | ({} if keys else {"takes": other.removeprefix("takes ")})
            )
            table.append((name, f"{step_type.summary}\n{keys_in_words(keys, other)}"))
        title = "steps" if group == STEP else f"in the script of {group}"
        tables.append(TextTable(title, table))
    return Listing(items, ("step type", "meaning and keys"), tables)


def body(schema: Schema, own: Schema, literals: Schema) -> str:
    """The value under a key that is no mapping of fixed keys, in words."""
    if schema.get("type") == "object" and not schema.get("properties") and not schema.get("additionalProperties"):
        return "{}"
    if "$ref" in own or "description" not in own:
        return takes(own, literals)
    words = str(own["description"]).rstrip(".")
    return words[:1].lower() + words[1:]


def operators(stock: Stock) -> Listing:
    """Operators, and what each takes."""
    items = [
        {
            "name": operator.name,
            "summary": operator.summary,
            "argument": operator.argument.value,
            "takes": takes(argument_schema(operator), {**LITERALS, "matcher": {"title": "a value or operators"}}),
            "words": list(operator.words),
        }
        for operator in stock.engine.words.operators.values()
    ]
    return Listing(
        items,
        ("operator", "meaning and argument"),
        rows([(str(one["name"]), f"{one['summary']}\ntakes {one['takes']}") for one in items]),
    )


def facts(stock: Stock) -> Listing:
    """The facts of each step type; step types with the same facts stand together."""
    same: dict[tuple[Any, ...], list[str]] = {}
    for step_type in stock.engine.words.loading.step_types:
        if step_type.facts:
            groups = [group for group in step_type.groups if group != STEP]
            same.setdefault(tuple(step_type.facts), []).append(
                f"{step_type.name} ({', '.join(groups)})" if groups else step_type.name
            )
    items = [
        {
            "step_types": names,
            "kinds": names,  # the former key
            "name": fact.name,
            "summary": fact.summary,
            "type": fact.type.phrase,
            "unit": fact.type.dimension,
        }
        for found, names in same.items()
        for fact in found
    ]
    tables = [
        TextTable("; ".join(names), [(fact.name, f"{fact.summary.rstrip('.')}{_typed(fact.type)}.") for fact in found])
        for found, names in same.items()
    ]
    return Listing(items, ("fact", "meaning"), tables)


def _typed(fact_type: FactType) -> str:
    """A fact's type in brackets, "" for any value."""
    if not fact_type.sorts:
        return ""
    return " (one of these words)" if fact_type.words else f" ({fact_type.phrase})"


def literals(stock: Stock) -> Listing:
    """The literals that step types share, and the forms of bytes."""
    del stock
    whole = {name: takes(schema, LITERALS) for name, schema in LITERALS.items()}
    forms = LITERALS["bytes"]["properties"]
    parts = {name: (str(form["description"]), takes(form, LITERALS)) for name, form in forms.items()}
    items = [{"name": name, "takes": text} for name, text in whole.items()]
    items += [{"name": f"bytes.{name}", "summary": text, "takes": what} for name, (text, what) in parts.items()]
    return Listing(
        items,
        ("literal", "its form"),
        (
            TextTable("wherever one is asked for", list(whole.items())),
            TextTable(
                "bytes as a mapping with one key",
                [(name, f"{text}\ntakes {what}") for name, (text, what) in parts.items()],
            ),
        ),
    )


def commands(stock: Stock) -> Listing:
    """The commands of an application's script."""
    definitions = compose_schema(stock.engine.words.loading)["$defs"]
    items = []
    table = []
    for word, command in script_commands().items():
        schema = schema_of(command)
        keys = keys_of(schema, definitions)
        other = takes(schema, definitions)
        items.append({"name": word, "summary": command.summary, "keys": keys} | ({} if keys else {"takes": other}))
        table.append((word, f"{command.summary}\n{keys_in_words(keys, f'takes {other}')}"))
    return Listing(items, ("command", "effect and keys"), rows(table))


SORTS = (
    ListKind("step-types", "step types and the actions of scripts, with their keys", step_types, formerly="kinds"),
    ListKind("operators", "the checks of an expectation", operators),
    ListKind("facts", "the observations of each step type", facts),
    ListKind("literals", "the forms of bytes, times, sizes, headers", literals, formerly="notations"),
    ListKind("commands", "the commands of an application's script", commands, formerly="acts"),
)
