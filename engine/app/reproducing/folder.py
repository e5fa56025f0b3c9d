"""Making the folder of a reproduction from a result of a run."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.app import addresses, runs, step_types
from engine.app.engine import Engine
from engine.app.naming import target_called
from engine.app.project_paths import ProjectPaths
from engine.app.reproducing.service import Service, copy, environment, service_of
from engine.errors import UsageError
from engine.model.addresses import Address
from engine.model.case import Case
from engine.model.clause import Clause
from engine.model.commands import served
from engine.model.target import CONTROL, DIRECT, HTTP_1_1, RUNNING, Target
from engine.model.verdict import JobResult, Verdict
from engine.reproduce.unroll import redact
from engine.reproduce.unroll.application import application
from engine.reproduce.unroll.assemble import PARTS
from engine.reproduce.unroll.client import Client, Fault, client
from engine.reproduce.unroll.readme import Report, readme
from engine.reproduce.unroll.source import CannotUnroll, double_quoted
from engine.results.analysis.choosing import choose
from engine.results.record.store import Run, TargetRow
from engine.steps.api.inner import inside
from engine.targets.catalog.frameworks import Framework

# The files that a run of the reproduction leaves, which are no part of it.
IGNORED = (".venv/", "__pycache__/", "server.log", "calls.log", "marks/", "nginx/", "*.pem", "*.key", "*.name")
RECORDERS = {"asgi": "recorder", "wsgi": "wsgi_recorder"}
DECLARATION = ("framework.yaml", "requirements.in", "requirements.lock", "__pycache__")
LAST_LINES = 20
WHATS = {
    "client.py": "the client: sends the bytes, and compares the response",
    "support.py": "functions of the client: connections, messages, comparisons; only the standard library",
    "app.py": "the application",
    "recorded.py": "the application with the recorder around it",
    "recorder.py": "writes each call of the application to `calls.log`, which the client checks",
    "run.sh": "starts the server",
    "requirements.txt": "the versions of all packages",
    "nginx.conf.in": "the configuration of nginx, with placeholders for the ports",
    "certificates.py": "creates the certificates",
    "README.md": "this text",
}


@dataclass(frozen=True)
class Folder:
    """The content of a reproduction: the text of each file by its name, the files and folders to copy, and sentences
    about what could not be written in plain Python."""

    texts: Mapping[str, str]
    copies: Mapping[str, Path] = field(default_factory=dict)
    lacks: Sequence[str] = ()

    @property
    def complete(self) -> bool:
        """True if the folder reproduces all of the case."""
        return not self.lacks

    def write(self, where: Path) -> None:
        """Write the files. Raises UsageError if the folder has other files, or cannot be written."""
        try:
            if where.exists() and not where.is_dir():
                raise UsageError(f"{where} is not a folder", hint="name a new folder with -o")
            if where.is_dir() and any(where.iterdir()) and not (where / "client.py").exists():
                hint = "name a new folder with -o, or one that an earlier `engine repro` has made"
                raise UsageError(f"{where} has other files", hint=hint)
            where.mkdir(parents=True, exist_ok=True)
            # The client is written last: a folder without one is not taken for a reproduction.
            for name, source in self.copies.items():
                copy(source, where / name)
            for name, text in sorted(self.texts.items(), key=lambda item: item[0] == "client.py"):
                (where / name).write_text(text, "utf-8")
                (where / name).chmod(0o755 if name.endswith(".sh") else 0o644)
        except OSError as error:
            raise UsageError(f"cannot write {error.filename or where}: {error.strerror}") from None


def reproduction(named: str, case_name: str, target_name: str, project_paths: ProjectPaths) -> Folder:
    """The folder for a result of a run. ``target_name`` may be "" if the case fails on one target only.

    Raises UsageError for a result that does not fail or has no server to start, for a case that has changed since the
    run, and where the names mean nothing, or several.
    """
    run = runs.again(named, project_paths)
    engine = Engine(project_paths)
    result = addresses.placed(choose(run, addresses.canonical(case_name, engine), target_name), engine)
    row = next(row for row in run.rows if row.id == result.target)
    checked(result, row)
    path = document_of(result, run, engine)
    among = [] if path is None else [str(path)]
    # The address means nothing in a folder that is not above the suite, or another suite.
    word = result.address if path is None else str(Address(str(path), result.case))
    case = addresses.one(word, engine, among)
    target = target_called(engine, served(row), *variants(row))
    refuse_own(engine, target)
    return made(engine, result, row, case, target, suite=path)


def refuse_own(engine: Engine, target: Target) -> None:
    """Raise UsageError for a server or an application of a project, whose files are no part of a folder for others."""
    own = (engine.configured[target.configuration], engine.configured_frameworks[target.framework_configuration])
    for one in own:
        if one.own:
            hint = f"`engine explain` has the commands that reproduce it here, such as engine serve {target.id}"
            raise UsageError(f"{one.name} belongs to this project, so no folder can stand without it", hint=hint)


def document_of(result: JobResult, run: Run, engine: Engine) -> Path | None:
    """The suite of a result: the file that the run read, or else, as in a run of another machine, the one of the same
    address; None if there is neither."""
    read = run.header.get("documents", {}).get(result.file, "")
    return Path(read) if read and Path(read).is_file() else addresses.located(result.file, engine)


def variants(row: TargetRow) -> tuple[Sequence[str], Sequence[str]]:
    """The servers and the declarations of variants that a target's id depends on."""
    declared = [row.given[at + 1] for at, word in enumerate(row.given) if word == "--variant"]
    return (), declared


def checked(result: JobResult, row: TargetRow) -> None:
    """Raise UsageError for a result that cannot be reproduced."""
    if not (result.verdict.unmet or result.verdict in (Verdict.WARN, Verdict.INFO)):
        what = f"{result.address} has the verdict {result.verdict.value} on {result.target}"
        hint = "a reproduction shows a failure; `engine explain RUN` lists them"
        if result.verdict is Verdict.ERROR:
            hint = "an error is the case's or the engine's own, and says nothing about the target"
        raise UsageError(what, hint=hint)
    if row.runtime == RUNNING:
        hint = "start the same server by `engine grid` without --runtime running, and use that run"
        raise UsageError(f"{row.id} was running already, and its command line is unknown", hint=hint)


def fault_of(result: JobResult, case: Case) -> Fault:
    """The fault of a result. A known failure has no verdict of its own: without a mismatch, the server exceeded the
    time limit, or died before that."""
    found = [*result.mismatches, *result.warnings]
    verdict = result.verdict.value
    if not result.verdict.failing:
        late = result.seconds >= case.timeout
        verdict = "fail" if result.mismatches else "warn" if found else "timeout" if late else "crash"
    # The runner itself compares the address by which it finds the calls of a raw connection.
    unknown = any(one.where == "scope.client" and not one.operator for one in found)
    return Fault(verdict, result.step if found else None, client_unknown=unknown, flaky=result.verdict is Verdict.FLAKY)


def made(
    engine: Engine, result: JobResult, row: TargetRow, case: Case, target: Target, *, suite: Path | None
) -> Folder:
    """The folder for a result on a target. ``suite`` is the file of the case, None if it is not known. Raises
    UsageError for a case that has changed since the run."""
    types = step_types.by_name()
    fault = fault_of(result, case)
    steps = [one for step in case.body.steps for one in (step, *inside(step, types))]
    if fault.place is not None and (fault.place.line, fault.place.column) not in {
        (one.place.line, one.place.column) for one in steps
    }:
        raise UsageError(f"{case.address} has changed since the run", hint="run it again: engine grid " + case.address)
    framework = engine.configured_frameworks[target.framework_configuration]
    past_gateway = not any(one.step_type in ("request", "websocket", "tcp") for one in steps if one.group == "step")
    fronted = target.gateway != DIRECT and not past_gateway
    lacks: list[str] = []
    if target.source or target.framework_source:
        lacks.append(f"the run used {row.server}{row.source}{row.framework_source}, which requirements.txt cannot name")
    first = service_of(engine, target, case, framework.app, past_gateway=past_gateway)
    headline = result.title or case.title
    texts: dict[str, str] = {}
    copies: dict[str, Path] = {}
    written: Client | None = None
    try:
        if target.http != HTTP_1_1:
            raise CannotUnroll("its steps are performed over HTTP/2, which the standard library does not speak")
        written = client(
            case, fault, types, headline,
            tls=first.tls, gateway=fronted, app="recorded:app", listen=first.listen,
        )  # fmt: skip
        app = app_files(case, framework, target, written, texts=texts, copies=copies)
        texts |= {"client.py": written.source, "support.py": written.support}
    except CannotUnroll as error:
        lacks.append(f"it has no client and no application, since {error}")
        app = framework.app
    service = service_of(engine, target, case, app, past_gateway=past_gateway)
    add_service(service, texts, copies, drives=written is not None and written.drives)
    setup = [".venv/bin/python certificates.py"] if service.tls is not None else []
    # No server takes part in a call by `drive`.
    driven = next(iter(framework.packages), "") if written is not None and written.drives else ""
    report = Report(
        result, versions_of(row, target, driven), clauses_of(engine, result, suite), {}, setup=setup, lacks=lacks,
        delivery="" if case.delivery.whole else case.delivery.described,
        starts_server=written is not None and written.starts_server, drives=written is not None and written.drives,
        log=last_lines(result.log) if fault.verdict == "crash" or "log" in {one.step_type for one in steps} else "",
        by_hand=by_hand(result) if by_command(written, target) else (),
        redacted=list(secret_among(environment(target, case))),
    )  # fmt: skip
    names = {name: WHATS.get(name, "") or what(name, framework) for name in [*texts, *copies, "README.md"]}
    report = replace(report, files=dict(sorted(names.items())))
    texts["README.md"] = readme(report)
    texts[".gitignore"] = "".join(f"{name}\n" for name in IGNORED)
    return redacted(Folder(texts, copies, lacks), environment(target, case))


def by_command(written: Client | None, target: Target) -> bool:
    """True if commands reproduce the failure as well as the client, or in its place over HTTP/2."""
    return not written.starts_server if written is not None else target.http != HTTP_1_1


def what(name: str, framework: Framework) -> str:
    """The description of a file that is copied."""
    if name in framework.brings:
        return "the deliberate faults of applications"
    if name == "mutant.py":
        return f"the application with a deliberate fault: {framework.mutants()[framework.mutant]}"
    if name.startswith("engine_"):
        return "the server itself"
    return f"the application, made with {framework.title}" if framework.packages else "the application"


def app_files(
    case: Case,
    framework: Framework,
    target: Target,
    written: Client,
    *,
    texts: dict[str, str],
    copies: dict[str, Path],
) -> str:
    """Add the files of the application. Returns the application that the server loads, ``module:attribute``. Raises
    CannotUnroll."""
    app = framework.app
    if target.framework == CONTROL:
        contract = (framework.folder / "app.py").read_text("utf-8")
        texts["app.py"] = application(case, contract, written.source, records=written.records or written.drives)
        app = "app:app"
    else:
        for path in sorted(framework.folder.iterdir()):
            if path.name not in DECLARATION:
                copies[path.name] = path
    if framework.mutant:
        mutant = replace(framework, app=app)
        copies.update(mutant.brings)
        texts["mutant.py"] = source_of(mutant)
        app = "mutant:app"
    if not (written.records or written.drives):
        return app
    module, _, attribute = app.partition(":")
    texts["recorder.py"] = (PARTS / f"{RECORDERS[framework.interface]}.py").read_text("utf-8")
    source = attribute if attribute == "inner" else f"{attribute} as inner"
    texts["recorded.py"] = (
        '"""The application, with every call written to calls.log."""\n\n'
        f"from {module} import {source}\nfrom recorder import recorded\n\napp = recorded(inner)\n"
    )
    return "recorded:app"


def source_of(mutant: Framework) -> str:
    """The module of the app of a mutant: the bare app with a fault, which environment variables name."""
    module, _, attribute = mutant.entry.partition(":")
    named = {name: value for name, value in mutant.variables.items() if name != "ENGINE_APP"}
    lines = [f'os.environ["{name}"] = "{value}"' for name, value in named.items()]
    return double_quoted(
        '"""The application with a deliberate fault."""\n\nimport os\n\n'
        + "\n".join(lines)
        + f"\nfrom {module} import {attribute}  # noqa: E402, F401\n"
    )


def add_service(service: Service, texts: dict[str, str], copies: dict[str, Path], *, drives: bool) -> None:
    """Add the files of the server."""
    texts["requirements.txt"] = "".join(f"{line}\n" for line in map(pinned_here, service.requirements))
    if service.tls is not None:
        texts["certificates.py"] = (PARTS / "certificates.py").read_text("utf-8")
    if drives:
        return
    texts["run.sh"] = service.script
    if service.gateway:
        texts["nginx.conf.in"] = service.gateway
    copies.update(service.brings)


def pinned_here(line: str) -> str:
    """A requirement without a version, with the version of this installation."""
    if not any(sign in line for sign in "=<>@~ "):
        try:
            return f"{line}=={importlib.metadata.version(line)}"
        except importlib.metadata.PackageNotFoundError:
            return line
    return line


def versions_of(row: TargetRow, target: Target, driven: str = "") -> list[tuple[str, str]]:
    """The components and their versions, the server first; or ``driven``, the package of a framework whose app is
    called without a server."""
    found = [(row.server, " ".join(filter(None, [row.version, row.commit, row.variant and f"({row.variant})"])))]
    found += [(name, version) for name, version in sorted(row.versions.items()) if name != row.server]
    if driven in row.versions:
        found = [(driven, row.versions[driven]), *(one for one in found[1:] if one[0] != driven)]
    found.append(("Python", row.python or platform.python_version()))
    found.append(("system", f"{platform.system()} {platform.machine()}"))
    if row.found_loop:
        found.append(("event loop", row.found_loop))
    if target.gateway != DIRECT:
        found.append(("gateway", target.gateway))
    return found


def clauses_of(engine: Engine, result: JobResult, path: Path | None) -> list[Clause]:
    """The clauses that a result cites; ``path`` is the file of its case."""
    known = engine.beside([path] if path is not None else []).catalogue
    return [known.get(name) or Clause(name, "", "", "") for name in result.cite]


def by_hand(result: JobResult) -> list[str]:
    """The commands by curl and nc of the result, without the one that starts the target."""
    lines = [line for line in result.reproduce.split("\n") if line and not line.startswith("engine ")]
    return [line.replace(":18000", ":8000").replace(" 18000", " 8000") for line in lines]


def last_lines(log: str) -> str:
    """The last lines of a server's output."""
    return "\n".join(log.rstrip("\n").split("\n")[-LAST_LINES:])


def redacted(folder: Folder, variables: Mapping[str, str]) -> Folder:
    """The folder without credentials, cookies, values of environment variables, and folders of this machine.
    ``variables`` are those that the case sets."""
    values = redact.secrets(folder.texts.values())
    values.update(secret_among(os.environ).values(), secret_among(variables).values())
    home = str(Path.home())
    places = {home: "~", str(Path.cwd()): ".", "/private" + home: "~"}
    texts = {
        name: (redact.redacted_source if name.endswith(".py") else redact.redacted)(text, values, places)
        for name, text in folder.texts.items()
    }
    return Folder(texts, folder.copies, folder.lacks)


def secret_among(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of some environment variables whose values nobody should see."""
    return {name: value for name, value in variables.items() if redact.secret(name) and len(value) >= redact.SHORTEST}
