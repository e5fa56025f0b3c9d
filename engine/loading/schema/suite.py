"""The keys of a suite and of a case, as JSON schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.loading.read.literals import ref
from engine.loading.schema.codes import KEY, ValueCode
from engine.loading.vocabulary import TargetNames

KEBAB = r"^[a-z0-9]+(?:[-.][a-z0-9]+)*$"
CORPUS = r"^[0-9]{1,4}[.][0-9]{1,4}$"

_NAMES = {
    "title": "a list of names",
    "type": "array",
    "minItems": 1,
    "items": {"type": "string", "description": "A name."},
}


def one_of(word: str, known: Sequence[str], description: str) -> dict[str, Any]:
    """A list of names, each of which is among the known ones. ``word`` says what they are the names of."""
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
    }


def _both(names: TargetNames) -> dict[str, Any]:
    return {
        "cite": {
            "title": "a list of clause ids",
            "description": "The clauses that say so.",
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
            "description": "How strong the requirement is.",
            "enum": ["must", "should", "may"],
        },
        "runs_on": {
            "title": "what it runs on",
            "description": "Every framework's app and the control (the default), the control alone, or the WSGI apps.",
            "enum": ["frameworks", "control", "wsgi"],
        },
        "needs": one_of(
            "capability", names.capabilities, "What the target must offer; otherwise the case is unsupported there."
        ),
        "only": {
            "title": "a mapping of names to choose from",
            "description": "The targets on which the case is run.",
            "type": "object",
            "minProperties": 1,
            "properties": _selector(names),
            "additionalProperties": False,
        },
        "skip": {
            "title": "a list of targets, each with `because`",
            "description": "Targets on which the case is not run.",
            "type": "array",
            "minItems": 1,
            "items": {
                "title": "a mapping of names, with `because`",
                "description": "Targets to leave out, and why.",
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
            "description": "How the server is started, in the engine's words.",
            "type": "object",
            "minProperties": 1,
            "properties": {name: dict(option.schema) for name, option in names.options.items()},
            "additionalProperties": False,
        },
        "process": {
            "title": "shared or own",
            "description": "Whether the case may share a process with others (the default).",
            "enum": ["shared", "own"],
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
                "description": "What is required, in one sentence.",
                "type": "string",
                "minLength": 1,
            },
            "note": {"title": "text", "description": "Why it is so, for whoever reads the case.", "type": "string"},
            **_both(names),
            "alone": {
                "title": "true, or a word",
                "description": "No company on the target, or none of the same word.",
                "type": ["boolean", "string"],
            },
            "timeout": ref("time", "How long the whole case may take; 10s by default."),
            "tags": {**_NAMES, "description": "Words to choose cases by."},
            "since": {
                "title": "a version of the corpus in quotes, such as '0.2'",
                "description": "The version of the corpus that the case came with; 0.1 by default.",
                "type": "string",
                "pattern": CORPUS,
            },
            "depends_on": {**_NAMES, "description": "Cases that must pass first."},
            "matrix": {
                "title": "a mapping of variables to their values",
                "description": "The case is run once for each value, and for each combination.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {
                    "title": "a list of values, or a mapping of names to values",
                    "description": "The values of this variable.",
                    "type": ["array", "object"],
                    "minItems": 1,
                    "minProperties": 1,
                },
            },
            "application": {
                "title": "a mapping of scope types to scripts",
                "description": "What the control plays; for what is left out, it does what the contract says.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": {
                    "lifespan": ref("commands", "Played for the lifespan call."),
                    "http": ref("commands", "Played for every HTTP request."),
                    "websocket": ref("commands", "Played for every WebSocket."),
                    "paths": {
                        "title": "a mapping of paths to scripts",
                        "description": "Played for calls of just that path; they go first.",
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": ref("commands", "Played for calls of this path."),
                    },
                },
            },
            "steps": ref("steps", "What happens, in order."),
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
                "description": "The grid's column.",
                "type": "string",
                "pattern": KEBAB,
            },
            "note": {"title": "text", "description": "What a reader should know first.", "type": "string"},
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
