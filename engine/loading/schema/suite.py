"""The keys of a suite and of a case, as JSON schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.loading.read.literals import ref
from engine.loading.schema.codes import KEY, ValueCode
from engine.loading.target_names import TargetNames
from engine.model.delivery import CUTS, DELIVERIES

KEBAB = r"^[a-z0-9]+(?:[-.][a-z0-9]+)*$"
CORPUS = r"^[0-9]{1,4}[.][0-9]{1,4}$"

_NAMES = {
    "title": "a list of names",
    "type": "array",
    "minItems": 1,
    "items": {"type": "string", "description": "A name."},
}


def one_of(word: str, known: Sequence[str], description: str) -> dict[str, Any]:
    """A list of names, each of which is among the known ones. ``word`` is the noun for the names."""
    return {
        **_NAMES,
        "description": description,
        "items": {"title": f"a {word}'s name", KEY: f"name:{word}", "description": "A name.", "enum": sorted(known)},
    }


def _selector(names: TargetNames) -> dict[str, Any]:
    return {
        "servers": one_of("server", names.servers, "Only these servers."),
        "frameworks": one_of("framework", names.frameworks, "Only these frameworks."),
        "loops": one_of("loop", names.loops, "Only these loops."),
        "gateways": one_of("gateway", names.gateways, "Only these gateways."),
        "runtimes": one_of("runtime", names.runtimes, "Only these runtimes."),
        "http": one_of("version", names.http, 'Only over these versions of HTTP: "1.1", "2".'),
    }


def _delivery(*types: str) -> dict[str, Any]:
    """The schema of a delivery; the reader of cases knows the names."""
    return {
        "type": list(types),
        "required": ["cut_at"],
        "additionalProperties": False,
        "properties": {
            "cut_at": {
                "title": "a list of offsets and of places",
                "description": "The cuts in each write: offsets from its first byte, and places by their names.",
                "type": "array",
                "minItems": 1,
                "items": {
                    "title": "an offset, or the name of a place",
                    "description": f"An offset from 1, or one of {', '.join(CUTS)}.",
                    "type": ["integer", "string"],
                    "minimum": 1,
                },
            }
        },
    }


def _both(names: TargetNames) -> dict[str, Any]:
    return {
        "cite": {
            "title": "a list of clause ids",
            "description": "The clauses that require this.",
            "type": "array",
            "minItems": 1,
            "items": {
                "title": "a clause id",
                KEY: ValueCode.ID.value,
                "description": "A clause's id.",
                "type": "string",
            },
        },
        "level": {
            "title": "a level",
            "description": "The strength of the requirement.",
            "enum": ["must", "should", "may"],
        },
        "runs_on": {
            "title": "a set of apps",
            "description": "All frameworks' apps and the bare app (default), only the bare app, the WSGI apps, or the "
            "applications of a project.",
            "enum": ["frameworks", "control", "wsgi", "applications"],
        },
        "needs": one_of(
            "capability",
            names.capabilities,
            "The capabilities that the target must offer; otherwise the case is unsupported.",
        ),
        "only": {
            "title": "a mapping of names to choose from",
            "description": "The targets that the case runs on.",
            "type": "object",
            "minProperties": 1,
            "properties": _selector(names),
            "additionalProperties": False,
        },
        "skip": {
            "title": "a list of targets, each with `because`",
            "description": "The targets that the case does not run on.",
            "type": "array",
            "minItems": 1,
            "items": {
                "title": "a mapping of names, with `because`",
                "description": "Targets to omit, with the reason.",
                "type": "object",
                "minProperties": 2,
                "required": ["because"],
                "additionalProperties": False,
                "properties": {
                    **_selector(names),
                    "because": {"title": "text", "description": "Why.", "type": "string", "minLength": 1},
                },
            },
        },
        "server": {
            "title": "a mapping of the server's options",
            "description": "Options for starting the server, in the engine's own words.",
            "type": "object",
            "minProperties": 1,
            "properties": {name: dict(option.schema) for name, option in names.options.items()},
            "additionalProperties": False,
        },
        "delivery": {
            "title": "a delivery, or a list of them",
            "description": "The cuts in the client's bytes: `whole` (default), `pieces`, `bytes`, a place of `pieces`, "
            "or {cut_at: [offset, ...]}. The case runs once with each, and each must have the same result.",
            "examples": [*DELIVERIES],
            **_delivery("string", "object", "array"),
            "minItems": 1,
            "items": {
                "title": "a delivery",
                "description": "A delivery by its name, or {cut_at: [offset, ...]}.",
                **_delivery("string", "object"),
            },
        },
        "process": {
            "title": "shared or own",
            "description": "`own`: a server process only for this case. `shared`: one for several cases (default).",
            "enum": ["shared", "own"],
        },
    }


_NOTE = {"title": "text", "description": "A reason or background, for readers.", "type": "string"}
_TAGS = {**_NAMES, "description": "Words for selecting cases."}
_TIMEOUT = ref("time", "The time limit of the case; by default 10s, or 30s if it starts processes.")
_EXTENDED = {
    "title": "true or false",
    "description": "true: left out by default, and run with --extended or by its address.",
    "type": "boolean",
}


def _variant(names: TargetNames) -> dict[str, Any]:
    """The schema of an entry of ``variants``: the keys of a case that differ for some values."""
    both = _both(names)
    of_steps = {
        "title": "a mapping of steps to facts",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": ref("expect", "The facts of the step of this name (`as`) or type, instead of its own."),
    }
    return {
        "title": "an entry with `when`, and the keys that differ",
        "description": "Values of the matrix, and the keys of the case that are different for them.",
        "type": "object",
        "required": ["when"],
        "minProperties": 2,
        "additionalProperties": False,
        "properties": {
            "when": {
                "title": "a mapping of variables to names of values",
                "description": "The values: those of all variables that are named here.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {
                    "title": "the name of a value, a list of names, a range, or {except: [..]}",
                    "description": "A name, a list of names, {from: 1, to: 8}, or {except: [..]} for all but some.",
                    "type": ["array", "boolean", "integer", "null", "number", "object", "string"],
                    "minItems": 1,
                    "minProperties": 1,
                },
            },
            "extended": _EXTENDED,
            **{key: both[key] for key in ("level", "cite", "needs", "only", "skip")},
            "note": _NOTE,
            "timeout": _TIMEOUT,
            "tags": _TAGS,
            "expect": {
                **of_steps,
                "description": "Facts of steps, by name or type, that must hold, instead of their own.",
            },
            "should": {
                **of_steps,
                "description": "Facts of steps, by name or type, that should hold, instead of their own.",
            },
        },
    }


def case_schema(names: TargetNames) -> dict[str, Any]:
    """The schema of a case."""
    return {
        "title": "a case",
        KEY: ValueCode.CASE.value,
        "description": "One requirement, and the steps that show whether it is met.",
        "type": "object",
        "required": ["id", "title", "steps"],
        "additionalProperties": False,
        "properties": {
            "id": {
                "title": "an id in kebab-case, such as type-is-http",
                KEY: ValueCode.ID.value,
                "description": "Stable, and unique in its file.",
                "type": "string",
                "pattern": KEBAB,
            },
            "title": {
                "title": "one sentence, as text",
                "description": "The requirement, in one sentence.",
                "type": "string",
                "minLength": 1,
            },
            "note": _NOTE,
            **_both(names),
            "may_die": {
                "title": "true or false",
                "description": "true: the server may end during the case, which is then no crash. It has its own one.",
                "type": "boolean",
            },
            "alone": {
                "title": "true, or a word",
                "description": "true: no case runs on the target at the same time. A word: none with the same word.",
                "type": ["boolean", "string"],
            },
            "timeout": _TIMEOUT,
            "tags": _TAGS,
            "extended": _EXTENDED,
            "since": {
                "title": "a version of the corpus in quotes, such as '0.2'",
                "description": "The version of the corpus that introduced the case; 0.1 by default.",
                "type": "string",
                "pattern": CORPUS,
            },
            "depends_on": {**_NAMES, "description": "Cases that must pass first."},
            "matrix": {
                "title": "a mapping of variables to their values",
                "description": "The case runs once for each value and each combination.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {
                    "title": "a list of values, a mapping of names to values, or a range",
                    "description": "The values of this variable. A range: {from: 1, to: 8}, with `step`, `powers` or "
                    "`except`; {around: 64KiB} is one below, the number itself, and one above.",
                    "type": ["array", "object"],
                    "minItems": 1,
                    "minProperties": 1,
                },
            },
            "variants": {
                "title": "a list of entries with `when`",
                "description": "Keys of the case that differ for some values of the matrix.",
                "type": "array",
                "minItems": 1,
                "items": _variant(names),
            },
            "application": {
                "title": "a mapping of scope types to scripts",
                "description": "The scripts of the bare app. Without a script, it behaves as the contract defines.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": {
                    "lifespan": ref("commands", "Played for the lifespan call."),
                    "http": ref("commands", "Played for every HTTP request."),
                    "websocket": ref("commands", "Played for every WebSocket."),
                    "paths": {
                        "title": "a mapping of paths to scripts",
                        "description": "Played for calls of exactly this path; takes precedence.",
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": ref("commands", "Played for calls of this path."),
                    },
                },
            },
            "steps": ref("steps", "The steps, in order."),
        },
    }


def suite_schema(names: TargetNames) -> dict[str, Any]:
    """The schema of a suite without its definitions."""
    return {
        "description": "One file of cases.",
        "type": "object",
        "required": ["suite", "category", "cases"],
        "additionalProperties": False,
        "properties": {
            "suite": {
                "title": "the suite's title, as text",
                "description": "The suite's title.",
                "type": "string",
                "minLength": 1,
            },
            "category": {
                "title": "a category in kebab-case",
                "description": "The column in the grid.",
                "type": "string",
                "pattern": KEBAB,
            },
            "note": {"title": "text", "description": "Additional information.", "type": "string"},
            **_both(names),
            "cases": {
                "title": "a list of cases",
                "description": "The cases.",
                "type": "array",
                "minItems": 1,
                "items": ref("case", "One case."),
            },
        },
    }
