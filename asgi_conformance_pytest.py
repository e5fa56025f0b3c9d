"""The pytest plugin's entry point: its options, and the rules that say which files are suites.

pytest imports this module wherever the engine is installed, in projects that have no suite too. So it imports the
standard library and pytest only, and uses no name that another plugin may use: its options begin with ``--asgi-``, its
ini keys with ``asgi_``, and a YAML file is a suite only where the user asks for it:

- with the file's path, or a folder above it, on the command line;
- with the ini key ``asgi_suites``;
- with ``-p conformance_engine``, for every suite that pytest comes across.

The package ``engine`` is imported with the first suite. A project may have a package of that name; it keeps it, and a
suite is an error there.
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentError
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# The engine is imported on demand, never with this module.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from engine.pytest_plugin.hooks import Hooks

NAME = "conformance_engine"
"""The name of the plugin, for ``-p``."""
NAMES = (NAME, "engine.pytest_plugin.plugin")
"""The names that ``-p`` asks for every suite by; the second is the older one."""
HOOKS = "conformance-hooks"
SUFFIXES = (".yaml", ".yml")
SHIPPED = "specs"
"""The folder of the suites that the engine ships."""
LOOPS = ("asyncio", "auto", "both", "uvloop")
HTTP = ("1.1", "2", "all")
RUNTIMES = ("local", "docker", "running")
LEVELS = ("must", "should", "may")
DELIVERIES = (
    "all", "bytes", "chunk-size", "crlf", "frame-head", "pieces", "record-head", "request-line", "utf-8", "whole"
)  # fmt: skip
# Bytes at the beginning of a document, which have its first keys.
HEAD = 4096
# Of these a document below a folder on the command line has two at least.
USUAL_KEYS = frozenset({"category", "cite", "cases"})
KEY = re.compile(rb"^([A-Za-z][\w-]*):", re.M)
OPTION_NAME = re.compile(r"--[\w-]+")
UNLIKELY = frozenset({"node_modules", "venv", "build", "dist", "__pycache__"})


@dataclass(frozen=True)
class Option:
    """An option: its name in ``engine grid``, the arguments of ``addoption``, and names that it had before.
    ``no_short`` is for a name that pytest uses itself; ``older`` are read always, ``short`` where short names are."""

    name: str
    help: str
    settings: dict[str, Any] = field(default_factory=dict)
    older: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    no_short: bool = False

    @property
    def dest(self) -> str:
        """The attribute that holds the value: ``asgi_no_counterparts``."""
        return f"asgi_{self.name.replace('-', '_')}"

    def names(self, *, short: bool) -> Iterator[str]:
        """The option's names, the documented one first."""
        yield f"--asgi-{self.name}"
        if short:
            yield from () if self.no_short else (f"--{self.name}",)
            yield from self.short
        yield from self.older


def _list(metavar: str, **more: Any) -> dict[str, Any]:
    return {"action": "append", "default": [], "metavar": metavar, **more}


def _text(metavar: str) -> dict[str, Any]:
    return {"default": "", "metavar": metavar}


FLAG = {"action": "store_true"}
OPTIONS = (
    Option(
        "server",
        "NAME, NAME==VERSION, NAME@FOLDER or NAME@git+URL@BRANCH, each optionally followed by ~VARIANT; "
        "`all` for every pinned server; repeatable (default: gunicorn)",
        _list("SERVER"),
    ),
    Option(
        "variant",
        "options of a server under a name for --asgi-server, optionally preceded by pins such as h11==0.14.0; "
        "repeatable",
        _list("'NAME: FLAGS'"),
    ),
    Option(
        "framework",
        "NAME, NAME==VERSION, NAME@FOLDER or NAME@git+URL@BRANCH; repeatable (default: all)",
        _list("FRAMEWORK"),
    ),
    Option(
        "gateway",
        "the proxy in front of the server: direct, nginx-fastcgi, nginx-http, nginx-uwsgi, or `all` that the server "
        "supports; repeatable",
        _list("NAME"),
    ),
    Option("nginx", "path of the nginx executable (default: ENGINE_NGINX, or the first that is found)", _text("PATH")),
    Option(
        "runtime",
        "run services as local processes or in containers, or use running services, given by --asgi-url "
        "(default: local)",
        {"choices": RUNTIMES, "default": "local"},
    ),
    Option(
        "url",
        "URL of a framework's running service, such as fastapi=http://127.0.0.1:8002; repeatable",
        _list("NAME=URL"),
    ),
    Option("loop", "event loop of the services (default: auto)", {"choices": LOOPS, "default": ""}),
    Option(
        "http",
        "version of HTTP between client and server: 1.1, 2 (over TLS if a server has it only there), or all "
        "(default: 1.1)",
        {"choices": HTTP, "default": ""},
    ),
    Option("python", "Python of the services, found by uv, such as 3.12; repeatable", _list("VERSION")),
    Option(
        "delivery",
        "cuts in the client's bytes: `whole`, `pieces`, `bytes`, `all` of these, or one place to cut at; repeatable "
        "(default: `whole`, and the deliveries that a case declares)",
        _list("NAME", choices=DELIVERIES),
    ),
    Option(
        "client",
        "client of plain steps: the engine's own, a library (httpx, websockets), or all (default: own)",
        {"choices": ("all", "library", "own"), "default": "own"},
    ),
    Option("category", "select cases of this category; repeatable", _list("NAME")),
    Option("level", "select cases of this level; repeatable", _list("LEVEL", choices=LEVELS)),
    Option("tag", "select cases with this tag; repeatable", _list("TAG")),
    Option("extended", "include the extended cases, which take longer", FLAG),
    Option("strict", "fail on warnings and on flaky cases", FLAG, no_short=True),
    Option("warnings-fail", "fail on warnings", FLAG),
    Option("flaky-fails", "fail on flaky cases", FLAG),
    Option(
        "repeat",
        "run each case N times and report how often it passes",
        {"type": int, "default": 1, "metavar": "N"},
        older=("--conformance-repeat",),
    ),
    Option(
        "recheck",
        "rerun failed cases at the end of the session, each in isolation",
        FLAG,
        older=("--conformance-recheck",),
    ),
    Option(
        "no-counterparts", "do not run failed cases on the bare app and the reference server to find the cause", FLAG
    ),
    Option("keep-transcripts", "record the traffic of passing cases too", FLAG),
    Option("html", "write the run as an HTML page", _text("FILE"), no_short=True),
    Option(
        "baseline", "file of known failures (default: known-failures.yaml next to the suites or above them)",
        _text("FILE"),
    ),
    Option(
        "corpus",
        "treat failures of cases that were added after this version of the corpus as warnings (default: the newest)",
        _text("VERSION"),
    ),
    Option("shard", "run the I-th of N parts of the targets, the same partition on every machine", _text("I/N")),
    Option(
        "weights", "measured seconds for --asgi-shard, as `engine merge --weights` writes them (default: guesses)",
        _text("FILE"),
    ),
    Option("results", "folder for the record of the run (default: results/)", _text("DIR")),
    Option("frameworks", "folder of frameworks (default: frameworks/)", _text("DIR"), short=("--frameworks-dir",)),
    Option(
        "settings", "settings of the project, or `none` (default: conformance.yaml here, or in a folder above)",
        _text("FILE"),
    ),
    Option("app", "application of the working directory, or NAME=MODULE:APP; repeatable", _list("MODULE:APP")),
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """pytest's hook. Raises pytest.UsageError where a short name is another plugin's."""
    parser.addini("asgi_suites", type="paths", default=[], help="conformance suites: files and folders")
    parser.addini(
        "asgi_short_options",
        type="bool",
        default=False,
        help="accept --server, --framework, ... for --asgi-server, --asgi-framework, ...",
    )
    # The ini file is read before pytest loads any plugin but its own.
    config = pluginmanager.get_plugin("pytestconfig")
    short = config is not None and config.getini("asgi_short_options")
    group = parser.getgroup("asgi", "conformance suites in YAML")
    for option in OPTIONS:
        try:
            group.addoption(*option.names(short=short), dest=option.dest, help=option.help, **option.settings)
        except (ValueError, ArgumentError) as error:
            raise pytest.UsageError(_conflict("another plugin", f"--{option.name}", option)) from error


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """pytest's hook. Raises pytest.UsageError where a short name is also an option of a ``conftest.py``, which pytest
    would show as a traceback."""
    short = early_config.getini("asgi_short_options")
    try:
        yield
        if short:
            parser.parse_known_args(args)  # pytest 8 finds a conflict when it parses
    except ArgumentError as error:
        taken = set(OPTION_NAME.findall(str(error)))
        for option in OPTIONS if short else ():
            for name in option.names(short=True):
                if name in taken:
                    raise pytest.UsageError(_conflict("a conftest.py", name, option)) from error
        raise


def _conflict(other: str, name: str, option: Option) -> str:
    return f"asgi_short_options: {other} has the option {name}; remove the key, and write --asgi-{option.name}"


def pytest_configure(config: pytest.Config) -> None:
    """pytest's hook: the controller of pytest-xdist sees no file, and so asks here. Raises pytest.UsageError for a
    wrong option, and where a suite is requested that cannot be run."""
    if config.getoption("markers", False) and requested(config).any(config) and not foreign():
        hooks(config, running=False).conformance.register_marks(list(requested(config).files()))
    if not _controls(config):
        return
    if requested(config).any(config):
        if obstacle := foreign():
            raise pytest.UsageError(obstacle)
        from engine.pytest_plugin import xdist

        conformance = hooks(config, running=False).conformance
        config.pluginmanager.register(xdist, "conformance-xdist")
        if conformance.trouble:
            raise pytest.UsageError(conformance.trouble)
        if concerned(config.args, config.invocation_params.dir):
            # Each worker does the same, and an error there ends it without a word.
            from engine.pytest_plugin import arguments

            arguments.expanded(config.args, conformance)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """pytest's hook: the collector of a suite that was requested; None for any other file."""
    config = parent.config
    if not file_path.name.endswith(SUFFIXES) or not requested(config).takes(file_path):
        return None
    if obstacle := foreign():
        config.stash[OBSTACLE] = obstacle
        return None
    return hooks(config, running=True).suite(file_path, parent)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """pytest's hook: replace the address of a case with the ids of its items. Raises pytest.UsageError for an unknown
    one."""
    config = session.config
    if _controls(config):
        return  # each worker of pytest-xdist does so itself
    wanted = requested(config)
    if any(is_suite(path) for path in wanted.named if path.name.endswith(SUFFIXES)) and (obstacle := foreign()):
        config.stash[OBSTACLE] = obstacle
        raise pytest.UsageError(obstacle)
    if not concerned(config.args, config.invocation_params.dir) or foreign():
        return
    from engine.pytest_plugin import arguments

    config.args = arguments.expanded(config.args, hooks(config, running=True).conformance)
    config.stash[REQUESTED] = Requested.of(config)


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """pytest's hook. Raises pytest.UsageError where a suite was requested that cannot be run: here, since pytest takes
    an error of ``pytest_collect_file`` for one of a file."""
    if obstacle := config.stash.get(OBSTACLE, ""):
        raise pytest.UsageError(obstacle)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """pytest's hook: say that an option of the command line had no effect, where no suite was requested."""
    given = [str(one).partition("=")[0] for one in config.invocation_params.args if str(one).startswith("--asgi-")]
    if given and not config.pluginmanager.hasplugin(HOOKS) and OBSTACLE not in config.stash:
        hint = "name a file or a folder of suites, or set the ini key asgi_suites"
        terminalreporter.write_line(f"{given[0]} had no effect, since no suite was collected; {hint}", yellow=True)


def _controls(config: pytest.Config) -> bool:
    """True in the controller of pytest-xdist, which collects nothing. With ``--collect-only`` there are no workers."""
    distributed = config.getoption("dist", "no") != "no" and not config.getoption("collectonly")
    return distributed and not hasattr(config, "workerinput")


def hooks(config: pytest.Config, *, running: bool) -> Hooks:
    """The hooks for suites, registered on the first call. With ``running`` this process will run items."""
    found: Hooks | None = config.pluginmanager.get_plugin(HOOKS)
    if found is None:
        from engine.worker.spawned import Spawned

        # The first step, since the process imports its modules while this one goes on.
        spawned = Spawned() if running and not config.getoption("collectonly") else None
        from engine.pytest_plugin.hooks import Hooks

        found = Hooks(config, spawned)
        config.pluginmanager.register(found, HOOKS)
    return found


@lru_cache(maxsize=1)
def foreign() -> str:
    """The reason why suites cannot run in this process: the package ``engine`` is another project's. "" if it is the
    engine's, or would be if it were imported."""
    spec = find_spec("engine")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if any(Path(place, "pytest_plugin", "plugin.py").is_file() for place in places):
        return ""
    where = places[0] if places else (spec.origin if spec is not None else None)
    return (
        f"suites cannot run here: the package 'engine' is {where}, not asgi-conformance-engine's; "
        "run them with `engine grid`, or with pytest from another folder"
    )


@dataclass(frozen=True)
class Requested:
    """The suites that the user asks for.

    ``every`` is for all that pytest comes across, ``declared`` are the paths of ``asgi_suites``, ``named`` those on the
    command line, ``chosen`` what pytest collects from. All paths are absolute. ``left`` takes the files below a folder
    on the command line that begin as a suite does and are none otherwise.
    """

    every: bool
    declared: tuple[Path, ...]
    named: tuple[Path, ...]
    chosen: tuple[Path, ...]
    left: list[Path] = field(default_factory=list)

    @classmethod
    def of(cls, config: pytest.Config) -> Requested:
        """The request of a command line and an ini file."""
        here = config.invocation_params.dir
        chosen = tuple(Path(os.path.abspath(here / arg.partition("::")[0])) for arg in config.args)
        return cls(
            every=any(name in config.option.plugins for name in NAMES),
            declared=tuple(Path(os.path.abspath(path)) for path in config.getini("asgi_suites")),
            named=chosen if config.args_source is config.ArgsSource.ARGS else (),
            chosen=chosen,
        )

    def takes(self, path: Path) -> bool:
        """True if a YAML file is a requested suite."""
        if self.every or path in self.named or _below(path, self.declared):
            return is_suite(path)
        if not _below(path, self.named) or not is_suite(path):
            return False
        usual = len(USUAL_KEYS & _keys(path)) >= 2
        if not usual:
            self.left.append(path)
        return usual

    def any(self, config: pytest.Config) -> bool:
        """True if a suite is requested at all."""
        return concerned(config.args, config.invocation_params.dir) or next(self.files(), None) is not None

    def files(self) -> Iterator[Path]:
        """The requested suites in the folders that pytest collects from."""
        declared = any(_below(one, self.chosen) or _below(one, self.declared) for one in (*self.declared, *self.chosen))
        searched = self.chosen if self.every or declared else self.named
        return (path for one in searched for path in _documents(one) if self.takes(path))


REQUESTED = pytest.StashKey[Requested]()
OBSTACLE = pytest.StashKey[str]()


def requested(config: pytest.Config) -> Requested:
    """The suites that the user of a session asks for."""
    found = config.stash.get(REQUESTED, None)
    if found is None:
        found = config.stash[REQUESTED] = Requested.of(config)
    return found


def concerned(arguments: Sequence[str], here: Path) -> bool:
    """True if any argument is the address of a case, or a path of suites that does not exist."""
    for argument in arguments:
        file, _, case = argument.partition("::")
        path = here / file
        if case and file.endswith(SUFFIXES) and (not path.exists() or is_suite(path)):
            return True
        if (argument.endswith(SUFFIXES) or is_of_ours(argument)) and not path.exists():
            return True
    return False


def is_of_ours(argument: str) -> bool:
    """True if an argument can be a folder of the suites that the engine ships: ``specs``, ``specs/http``."""
    return argument.split("/", 1)[0] == SHIPPED and "::" not in argument


def is_suite(path: Path) -> bool:
    """True if the first key of a YAML file is ``suite``."""
    for line in _head(path).splitlines():
        if line.strip() and not line.startswith((b"#", b"---", b"%")):
            return line.startswith(b"suite:")
    return False


def _keys(path: Path) -> set[str]:
    """The keys at the top level of a document, as far as its first bytes have them."""
    return {key.decode() for key in KEY.findall(_head(path))}


@lru_cache(maxsize=1)
def _head(path: Path) -> bytes:
    try:
        if not path.is_file():
            return b""  # to open a named pipe would wait for its writer
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _below(path: Path, folders: Sequence[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


def _documents(path: Path) -> Iterator[Path]:
    """The YAML files at or below a path."""
    if path.name.endswith(SUFFIXES):
        yield path
    for folder, folders, files in os.walk(path):
        folders[:] = [one for one in folders if one not in UNLIKELY and not one.startswith(".")]
        yield from (Path(folder, file) for file in files if file.endswith(SUFFIXES))
