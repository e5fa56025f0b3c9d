"""Applications that a project names, as frameworks of the catalog without a contract, and their requirements.

The requirements are those of a file of the project: ``requirements.txt`` with all files that it includes, or the
dependencies of ``pyproject.toml``. They are resolved together with the server's.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from engine.errors import DocumentError
from engine.model.settings import OwnApplication
from engine.model.source_span import NOWHERE, SourceSpan
from engine.targets.catalog.frameworks import Framework

REQUIREMENTS, PROJECT = "requirements.txt", "pyproject.toml"
SOURCES = "src"
DEEPEST = 8
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_HASH = re.compile(r"\s--hash[= ]\S+")
_INCLUDED = re.compile(r"(?:-r|--requirement)[= ]\s*(\S+)")


def own_application(declared: OwnApplication) -> Framework:
    """The application of a declaration. Raises DocumentError where its module or its requirements cannot be found or
    read."""
    folder = folder_of(declared)
    return Framework(
        name=declared.name,
        title=declared.title or declared.name,
        app=declared.app,
        folder=folder,
        offers=frozenset(declared.offers),
        interface=declared.interface,
        own=True,
        requires=tuple(requirements(declared, folder)),
        env=tuple(sorted(declared.env.items())),
        ready=declared.ready,
        answers=declared.answers,
    )


def folder_of(declared: OwnApplication) -> Path:
    """The folder that its modules are imported from: its own, or ``src`` in it. Raises DocumentError."""
    module = Path(*declared.app.partition(":")[0].split("."))
    folder = Path(declared.folder)
    for one in (folder, folder / SOURCES):
        if any((one / path).exists() for path in (module.with_suffix(".py"), module / "__init__.py")):
            return one.resolve()
    what = f"there is no module {declared.app.partition(':')[0]!r} in {folder}"
    raise DocumentError(what, hint="`folder` names the folder that has it", place=place_of(declared))


def requirements(declared: OwnApplication, folder: Path) -> list[str]:
    """The requirements of an application, a line each; none if its project declares none. Raises DocumentError."""
    if declared.requirements:
        return read(Path(declared.requirements), declared)
    for one in dict.fromkeys((Path(declared.folder), folder, *folder.parents[: 1 if folder.name == SOURCES else 0])):
        for name in (REQUIREMENTS, PROJECT):
            if (one / name).is_file():
                return read(one / name, declared)
    return []


def read(file: Path, declared: OwnApplication) -> list[str]:
    """The requirements in a file. Raises DocumentError."""
    try:
        if file.suffix == ".toml":
            return in_project(tomllib.loads(file.read_text("utf-8")), file, declared)
        return list(dict.fromkeys(in_file(file, declared)))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        what = f"the requirements of {declared.name} cannot be read: {file}: {reason}"
        raise DocumentError(what, hint="`requirements` names their file", place=place_of(declared)) from None


def in_project(document: dict[str, object], file: Path, declared: OwnApplication) -> list[str]:
    """The dependencies of a project. Raises DocumentError where its build finds them out."""
    project = document.get("project")
    project = project if isinstance(project, dict) else {}
    tools = document.get("tool")
    elsewhere = isinstance(tools, dict) and "poetry" in tools and "dependencies" not in project
    if elsewhere or "dependencies" in project.get("dynamic", ()):
        what = f"{file} has no list of dependencies in its table `project`"
        hint = "export them to a file, and name it in `requirements`"
        raise DocumentError(what, hint=hint, place=place_of(declared))
    return [str(one) for one in project.get("dependencies", ())]


def in_file(file: Path, declared: OwnApplication, depth: int = 0) -> list[str]:
    """The requirements in a file of pip's form, and in those that it includes. Raises DocumentError for an option that
    a list of requirements cannot express, and OSError."""
    found: list[str] = []
    for number, line in enumerate(joined(file.read_text("utf-8")), 1):
        text = _HASH.sub("", _COMMENT.sub("", line)).strip()
        if not text:
            continue
        if (included := _INCLUDED.fullmatch(text)) and depth < DEEPEST:
            found += in_file(file.parent / included[1], declared, depth + 1)
        elif text.startswith("-"):
            what = f"{text!r} is an option of pip, and not a requirement"
            hint = f"it is needed by the application {declared.name}: name a file without it in `requirements`"
            raise DocumentError(what, hint=hint, place=SourceSpan(str(file), number, 1))
        else:
            found.append(text)
    return found


def joined(text: str) -> list[str]:
    """The lines of a text, each with the lines that continue it in place of the first, and empty ones for these."""
    lines: list[str] = []
    open_at: int | None = None
    for line in text.splitlines():
        body = line.removesuffix("\\")
        if open_at is None:
            lines.append(body)
        else:
            lines[open_at] += " " + body
            lines.append("")
        open_at = (len(lines) - 1 if open_at is None else open_at) if line.endswith("\\") else None
    return lines


def place_of(declared: OwnApplication) -> SourceSpan | None:
    """The place of its declaration, None for one of the command line."""
    return None if declared.place == NOWHERE else declared.place
