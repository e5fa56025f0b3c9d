"""The files of ``engine init``: the settings of a project, a suite, its baseline, and a workflow."""

from __future__ import annotations

from pathlib import Path

from engine import version
from engine.app.scaffolds.base import Scaffold, filled, title_of
from engine.app.scaffolds.project import APPLICATION, FoundProject
from engine.model.settings import FILE

FOLDER = "conformance"
WORKFLOW = Path(".github", "workflows", "conformance.yml")


def init(found: FoundProject, folder: Path) -> Scaffold:
    """The files for the content of a folder. A workflow that exists is left as it is."""
    title = title_of(found.name)
    of_app = found.sort == APPLICATION
    words = {"NAME": found.name, "TITLE": title, "APP": found.app, "INTERFACE": found.interface, "VERSION": version}
    words["CHECK"] = "      - app: {expect: {scope.path: /}}\n" if found.interface == "asgi" else ""
    words["RELEASES"] = ", ".join(f"{name}@." for name in found.names)
    words["SECOND"] = "uvicorn-h11" if found.interface == "asgi" else "waitress"
    files = {
        folder / FILE: filled(f"conformance_{found.sort}.yaml.tmpl", **words),
        folder / FOLDER / "known-failures.yaml": filled("known_failures.yaml.tmpl", **words),
        folder / FOLDER / "first.yaml": filled(
            "suite_application.yaml.tmpl" if of_app else "suite_asgi.yaml.tmpl", **words
        ),
    }
    if not (folder / WORKFLOW).exists():
        files[folder / WORKFLOW] = filled(f"workflow_{'grid' if of_app else 'gate'}.yml.tmpl", **words)
    subject = "the application under two servers" if of_app else f"the {found.sort} in this folder"
    gate = () if of_app else (("engine gate", "what the change of this branch breaks"),)
    commands = (
        ("engine lint", "checks the files"),
        ("engine grid", f"runs the cases on {subject}"),
        ("engine baseline update --run", "lists what fails today as known failures"),
        *gate,
    )
    return Scaffold(folder / FILE, files, commands)
