"""The settings of a project: finding and reading its ``conformance.yaml``, and its values for a run.

The file is that in the working directory or in the nearest folder above it, up to the root of the repository. It is
read without the language of suites, since each command reads it first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.documents.composer import compose
from engine.documents.diagnostics import Diagnostic, Notes
from engine.documents.files import read
from engine.errors import DocumentError, UsageError
from engine.loading.read.settings import APP, NAME, schema, settings_of
from engine.loading.rules import settings as rules
from engine.loading.schema.validate import checker
from engine.loading.target_names import TargetNames
from engine.model.settings import FILE, KIND, NO_SETTINGS, OwnApplication, Settings
from engine.model.source_span import SourceSpan
from engine.model.target import HTTP_1_1
from engine.targets.catalog.frameworks import CAPABILITIES, in_folder, names_in
from engine.targets.catalog.frameworks import FILE as DECLARATION
from engine.targets.catalog.options import load_options
from engine.targets.catalog.own_applications import own_application

if TYPE_CHECKING:
    from engine.app.engine import RunOptions

NONE = "none"
"""The word of ``--settings`` for no file."""
REPOSITORY = ".git"


def nearest_file(folder: Path) -> str:
    """The absolute path of the file in a folder or the nearest above it, up to the root of the repository; "" if there
    is none."""
    for one in (folder, *folder.parents):
        if (one / FILE).is_file():
            return str(one / FILE)
        if (one / REPOSITORY).exists():
            break
    return ""


def located(given: str, folder: Path) -> str:
    """The absolute path of the file for a value of ``--settings``: the nearest one for "", none for NONE. Raises
    UsageError for a file that does not exist."""
    if not given:
        return nearest_file(folder)
    if given == NONE:
        return ""
    path = folder / given
    if path.is_dir():
        path = path / FILE
    if not path.is_file():
        raise UsageError(f"there is no file {given}", hint=f"--settings names a {FILE}, or `none`")
    return os.path.abspath(path)


@lru_cache(maxsize=8)
def settings_in(file: str, apps: tuple[str, ...] = ()) -> Settings:
    """The settings in a file, "" for none, with the applications that ``--app`` names. Raises DocumentError for the
    first error of the file, with its place, and UsageError for an application that cannot be used."""
    found = loaded(file) if file else NO_SETTINGS
    if not apps:
        return found
    named = tuple(application(word, os.getcwd()) for word in apps)
    taken = [one.name for one in named]
    for name in taken:
        if taken.count(name) > 1:
            raise UsageError(f"two applications are called {name!r}", hint="like --app NAME=module:attribute")
    kept = tuple(one for one in found.applications if one.name not in taken)
    run = replace(found.run, frameworks=tuple(taken))
    return replace(found, applications=(*kept, *named), run=run)


def application(word: str, folder: str) -> OwnApplication:
    """The application of one ``--app``: ``module:attribute``, or ``NAME=module:attribute``. Its name is that of the
    first package. Raises UsageError."""
    name, equals, app = word.rpartition("=")
    if not re.search(APP, app):
        raise UsageError(f"{app!r} is not module:attribute", hint="like --app shop.main:app")
    name = name if equals else re.sub(r"[^a-z0-9]+", "-", app.partition(":")[0].partition(".")[0].lower()).strip("-")
    if not re.search(NAME, name):
        raise UsageError(f"{name!r} cannot name an application", hint=f"like --app shop={app}")
    return OwnApplication(name=name, app=app, folder=folder)


def loaded(file: str) -> Settings:
    """The settings in a file. Raises DocumentError for its first error."""
    source = read(Path(file))
    if isinstance(source, Diagnostic):
        raise failure([source])
    notes = Notes()
    root = compose(source, notes)
    names = schema_names()
    described = schema(names)
    if root is not None and not notes.errors:
        if next(root.entries(), ("",))[0] != KIND:
            place = next((node.key for _, node in root.entries()), root.place)
            raise DocumentError(f"the first key of {FILE} is `{KIND}`", hint="its value is a title", place=place)
        if checker(described)(root):
            rules.check(root, names, notes)
        else:
            from engine.loading.schema.recover import repair  # noqa: PLC0415 (slow to load, and needed for errors only)

            repair(root, described, notes)
    errors = [one for one in notes.sorted() if one.is_error]
    if errors or root is None:
        raise failure(errors)
    return settings_of(root, file)


def failure(errors: Sequence[Diagnostic]) -> DocumentError:
    """The first of some errors as an exception."""
    first = errors[0]
    more = f"; `engine lint {first.place.file}` lists {len(errors) - 1} more" if len(errors) > 1 else ""
    return DocumentError(first.what, hint=first.hint + more, place=first.place)


def schema_names() -> TargetNames:
    """The names that the schema needs: options and capabilities."""
    return TargetNames((), (), (), (), (), (), tuple(CAPABILITIES), load_options())


def framework_names(settings: Settings) -> list[str]:
    """The names of the frameworks and applications of a project."""
    found = [one.name for one in settings.applications]
    for word in settings.frameworks:
        folder = Path(word)
        found += [folder.name] if (folder / DECLARATION).is_file() else names_in(folder)
    return found


def with_defaults(options: RunOptions, settings: Settings) -> RunOptions:
    """Options of a run, with the values of a project for those that are empty. A project with applications runs these
    unless it names frameworks."""
    run = settings.run
    return replace(
        options,
        servers=options.servers or run.servers,
        frameworks=options.frameworks or run.frameworks or tuple(one.name for one in settings.applications),
        loop=options.loop or run.loop or "auto",
        http=options.http or run.http or HTTP_1_1,
        gateways=options.gateways or run.gateways,
        variants=options.variants or (() if options.servers else run.variants),
        categories=options.categories or run.categories,
        levels=options.levels or run.levels,
        tags=options.tags or run.tags,
    )


def beside(files: Iterable[str], servers: Iterable[str], frameworks: Iterable[str]) -> list[Diagnostic]:
    """Errors of files of settings in comparison with what is there: names that the engine has, and folders and files
    that do not exist. ``servers`` and ``frameworks`` are the engine's names."""
    found: list[Diagnostic] = []
    known, taken = set(servers), set(frameworks)
    for file in files:
        try:
            settings = loaded(file)
        except DocumentError:
            continue  # its errors are reported already
        found += [
            Diagnostic(one.place, "duplicate-id", f"the engine has a server called {one.name!r}", "rename it")
            for one in settings.servers
            if one.name in known
        ]
        for one in settings.applications:
            if one.name in taken:
                what = f"the engine has a framework called {one.name!r}"
                found.append(Diagnostic(one.place, "duplicate-id", what, "rename the application"))
            try:
                own_application(one)
            except DocumentError as error:
                found.append(Diagnostic(error.place or one.place, "application", error.what, error.hint))
        top = SourceSpan(file, 1, 1)
        for word in settings.frameworks:
            try:
                in_folder(Path(word))
            except UsageError as error:
                found.append(Diagnostic(top, "no-file", str(error).partition("\n")[0], "correct `frameworks`"))
            except DocumentError as error:
                found.append(Diagnostic(error.place or top, "declaration", error.what, error.hint))
        baseline = settings.run.baseline
        if baseline and not Path(baseline).is_file():
            hint = "correct `run.baseline`, or `engine baseline update --run` creates the file"
            found.append(Diagnostic(top, "no-file", f"there is no file {baseline}", hint))
    return found
