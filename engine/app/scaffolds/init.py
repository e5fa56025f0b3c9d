"""The files of ``engine init``: the settings of a project, a suite, its baseline, and a workflow."""

from __future__ import annotations

from pathlib import Path

from engine import version
from engine.app.scaffolds.base import Scaffold, filled, module_name, title_of
from engine.app.scaffolds.make import BARE_APPS, framework_files
from engine.app.scaffolds.project import APPLICATION, FRAMEWORK, SERVER, FoundProject
from engine.model.settings import FILE

FOLDER = "conformance"
WORKFLOW = Path(".github", "workflows", "conformance.yml")
SERVERS = {"asgi": "uvicorn-h11", "wsgi": "waitress"}
"""The server under which a framework is run, by the interface of its app."""
SUITES = {"asgi": "specs/contract, specs/frameworks", "wsgi": "specs/wsgi"}
"""The suites of the engine for a framework."""


def init(found: FoundProject, folder: Path, contracts: Path) -> Scaffold:
    """The files for the content of a folder; ``contracts`` is the folder with the contracts of frameworks. A workflow
    that exists is left as it is."""
    own = "own_" if found.own else ""
    of_app = found.sort == APPLICATION
    gated = not of_app and (not found.own or bool(found.package))
    words = _words(found)
    suite = "application" if of_app else found.interface
    files = {
        folder / FILE: filled(f"conformance_{own}{found.sort}.yaml.tmpl", **words),
        folder / FOLDER / "known-failures.yaml": filled("known_failures.yaml.tmpl", **words),
        folder / FOLDER / "first.yaml": filled(f"suite_{suite}.yaml.tmpl", **words),
    }
    if found.own and found.sort == FRAMEWORK:
        files |= framework_files(folder / FOLDER / found.name, found.name, contracts, found.interface, found.package)
    if not (folder / WORKFLOW).exists():
        files[folder / WORKFLOW] = filled(f"workflow_{'gate' if gated else 'grid'}.yml.tmpl", **words)
    checked_out = found.sort == SERVER or bool(found.package) or not found.own
    subject = f"the {found.sort} in this folder" if checked_out else "the framework"
    subject = "the application under two servers" if of_app else subject
    gate = (("engine gate", "what the change of this branch breaks"),) if gated else ()
    commands = (
        *_first(found, words),
        ("engine lint", "checks the files"),
        ("engine grid", f"runs the cases on {subject}"),
        ("engine baseline update --run", "lists what fails today as known failures"),
        *gate,
    )
    return Scaffold(folder / FILE, files, commands)


def _words(found: FoundProject) -> dict[str, str]:
    """The values of the templates."""
    module = module_name(found.package)
    script = f"-m, {module}" if module else "$(folder)/server.py"
    at_home = "@." if found.package or not found.own else ""
    return {
        "NAME": found.name,
        "TITLE": title_of(found.name),
        "APP": found.app,
        "INTERFACE": found.interface,
        "VERSION": version,
        "CHECK": "      - app: {expect: {scope.path: /}}\n" if found.interface == "asgi" else "",
        "RELEASES": ", ".join(f"{name}{at_home}" for name in found.names),
        "SECOND": ", ".join(SERVERS[one] for one in found.interfaces),
        "BARE": ", ".join(BARE_APPS[one] for one in found.interfaces),
        "SUBJECT": "The checkout in this folder" if found.package else "The framework of the index",
        "SUITES": ", ".join(SUITES[one] for one in found.interfaces),
        "COMMAND": f"$(python), {script}, $(app), --host, $(host), --port, $(port)",
        "PACKAGE": f"    package: {found.package}\n" if found.package else "",
    }


def _first(found: FoundProject, words: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The steps of the user before the first run of a project that the engine does not know."""
    if not found.own:
        return ()
    if found.sort == SERVER:
        return ((f"servers.{found.name}.command", f"a line of {FILE}: write how the server is started"),)
    return ((f"engine contract {words['RELEASES']}", f"lists what is left to write in {FOLDER}/{found.name}/app.py"),)
