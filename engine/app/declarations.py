"""Contracts and frameworks next to the suites: every error in their declarations, as the linter reports it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.documents.diagnostics import Diagnostic
from engine.documents.files import display_path, read
from engine.errors import DocumentError
from engine.loading.declarations import mistakes_in
from engine.loading.loaded import Loaded
from engine.model.source_span import SourceSpan
from engine.targets.catalog import contract, documents, frameworks

SCHEMAS: Mapping[str, Mapping[str, Any]] = {"contract": contract.SCHEMA, "framework": frameworks.SCHEMA}


def contracts(folder: Path) -> list[Path]:
    """The contracts in a folder of frameworks."""
    return [path for name in (contract.FILE, contract.WSGI_FILE) if (path := folder / name).is_file()]


def all_in(folder: Path) -> list[Path]:
    """The contracts in a folder of frameworks, and the declarations of these; of one framework its own."""
    if (folder / frameworks.FILE).is_file():
        return [folder / frameworks.FILE]
    return [*contracts(folder), *sorted(folder.glob(f"*/{frameworks.FILE}"))]


def lint(files: Iterable[Path]) -> Loaded:
    """Every error in some declarations."""
    found: list[Diagnostic] = []
    sources: dict[str, str] = {}
    count = 0
    for file in files:
        count += 1
        if (first := _first(file)) is None:
            continue
        source = read(file)
        if isinstance(source, Diagnostic):
            found.append(source)
            continue
        sources[source.file] = source.text
        schema = SCHEMAS["framework" if file.name == frameworks.FILE else "contract"]
        of_form = mistakes_in(source, schema)
        taken = {(one.place.line, one.place.column) for one in of_form}
        others = [_diagnostic(error, file) for error in _problems(file)]
        of_file = [*of_form, *(one for one in others if (one.place.line, one.place.column) not in taken)]
        found.extend(sorted(of_file, key=lambda one: (one.place.line, one.place.column)) or [first])
    return Loaded((), tuple(found), sources=sources, files=count)


def _first(file: Path) -> Diagnostic | None:
    """The error that ends the reading of a declaration, or None."""
    try:
        if file.name == frameworks.FILE:
            frameworks.load(file.parent)
        else:
            contract.load_contract(file.parent, file.name)
    except DocumentError as error:
        return _diagnostic(error, file)
    return None


def _problems(file: Path) -> list[DocumentError]:
    """The errors of a declaration apart from those of form, as far as it can be read."""
    try:
        document = documents.read(file)
    except DocumentError:
        return []
    if file.name == frameworks.FILE:
        return list(frameworks.problems(document, file.parent))
    return list(contract.problems(document))


def _diagnostic(error: DocumentError, file: Path) -> Diagnostic:
    place = (
        replace(error.place, file=display_path(file))
        if error.place is not None
        else SourceSpan(display_path(file), 1, 1)
    )
    return Diagnostic(place, "declaration", error.what, error.hint)
