"""The definition of a command, and the options that several commands share.

Command modules are imported to draw the help, so they import what runs a command only when it runs: ``engine --help``
answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.model.settings import NO_SETTINGS, Settings
from engine.model.target import HTTP_1_1, HTTP_VERSIONS, LOOPS, RUNTIMES
from engine.terminal.paint import CHOICES

if TYPE_CHECKING:
    from engine.app.engine import RunOptions
    from engine.app.project_paths import ProjectPaths
    from engine.results.record.store import Run

LEVELS = ("must", "should", "may")


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, one line for the list of commands, its arguments, and the function that runs it.

    ``run`` returns the exit code. ``examples`` are pairs of a command line and its purpose, for the end of the help.
    ``formerly`` is an older name that is still read, or "".
    """

    name: str
    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    description: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    formerly: str = ""


def target_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that select targets and cases."""
    server_arguments(parser)
    framework_argument(parser)
    gateway_argument(parser)
    nginx_argument(parser)
    parser.add_argument(
        "--loop",
        choices=list(LOOPS),
        default="",
        help="the event loop; auto is the server's own choice (auto)",
    )
    http_argument(parser)
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="VERSION",
        help="the Python of the services, found by uv, like 3.12; may be repeated (the engine's own)",
    )
    case_arguments(parser)
    parser.add_argument("--extended", action="store_true", help="include the extended cases, which take longer")


def http_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that selects versions of HTTP."""
    parser.add_argument(
        "--http",
        choices=list(HTTP_VERSIONS),
        default="",
        help="the version of HTTP between client and server: 1.1, 2 (by prior knowledge, or over TLS if a server "
        "has it only there), h2 (over TLS everywhere), or all (1.1)",
    )


def server_arguments(parser: argparse.ArgumentParser, default: str = "gunicorn") -> None:
    """Add the options that select servers, in releases and variants. ``default`` names the default server in the
    help."""
    parser.add_argument(
        "--server",
        action="append",
        default=[],
        metavar="SERVER",
        help="NAME, NAME==VERSION, NAME@FOLDER or NAME@git+URL@BRANCH, optionally followed by ~VARIANT; "
        f"`all` for every pinned server; may be repeated ({default})",
    )
    parser.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="'NAME: FLAGS'",
        help="a named set of a server's own options for --server, optionally with pins like h11==0.14.0 first; "
        "may be repeated",
    )


def framework_argument(parser: argparse.ArgumentParser, default: str = "every pinned one") -> None:
    """Add the option that selects frameworks, in releases. ``default`` names the default in the help."""
    parser.add_argument(
        "--framework",
        action="append",
        default=[],
        metavar="FRAMEWORK",
        help=f"NAME, NAME==VERSION, NAME@FOLDER or NAME@git+URL@BRANCH; may be repeated ({default})",
    )
    app_argument(parser)


def gateway_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that selects gateways."""
    parser.add_argument(
        "--gateway",
        action="append",
        default=[],
        metavar="NAME",
        help="the proxy in front of the server: direct, nginx-fastcgi, nginx-http, nginx-uwsgi, or `all` that the "
        "server supports; may be repeated (direct, and nginx-fastcgi for servers without HTTP)",
    )


def nginx_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that selects the nginx of gateways."""
    parser.add_argument(
        "--nginx", type=program, default="", metavar="PATH", help="the nginx to use (ENGINE_NGINX, or the one found)"
    )


def program(path: str) -> str:
    """The path of a program, unchanged. Raises ArgumentTypeError, for argparse, if there is none."""
    import shutil

    if path and shutil.which(path) is None:
        raise argparse.ArgumentTypeError(f"there is no program {path}")
    return path


def whole_number(word: str) -> int:
    """The whole number that a word of the command line is. Raises ArgumentTypeError, for argparse, if it is none."""
    try:
        return int(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {word!r}") from None


def positive_number(word: str) -> int:
    """The whole number of at least 1 that a word of the command line is. Raises ArgumentTypeError, for argparse, if it
    is none."""
    number = whole_number(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {word}")
    return number


def cut_short(run: Run) -> int:
    """Report on standard error that a run was interrupted, with its results so far. The exit code."""
    from engine.results.analysis.summary import early_end

    print(f"engine: {early_end(run)[:-1].lower()}; run {run.id}", file=sys.stderr)
    return 130


@contextmanager
def writing(hint: str) -> Iterator[None]:
    """Turns an OSError of writing files into a UsageError with a hint."""
    try:
        yield
    except OSError as error:
        occupied = isinstance(error, FileExistsError | NotADirectoryError)
        why = "it is not a folder" if occupied else error.strerror or str(error)
        raise UsageError(f"{error.filename} cannot be written: {why}", hint=hint) from error


def runtime_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that select the runtime."""
    parser.add_argument(
        "--runtime",
        choices=RUNTIMES,
        default="local",
        help="local: processes of this machine; docker: containers; running: running services, at --url (local)",
    )
    parser.add_argument(
        "--url",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="the URL of a framework's running service, like fastapi=http://127.0.0.1:8002; may be repeated",
    )


def case_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that select cases."""
    parser.add_argument("--category", action="append", default=[], metavar="NAME", help="cases of this category only")
    parser.add_argument("--level", action="append", default=[], choices=LEVELS, help="cases of this level only")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="cases with this tag only")
    parser.add_argument(
        "-k",
        dest="keyword",
        default="",
        metavar="EXPR",
        help="cases whose address or tags match, like 'host and not missing'",
    )


def delivery_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that selects deliveries."""
    from engine.model.delivery import ALL, DELIVERIES

    parser.add_argument(
        "--delivery",
        action="append",
        default=[],
        choices=(*DELIVERIES, ALL),
        metavar="NAME",
        help="cuts in the client's bytes: `whole`, `pieces` (at every place named below), `bytes` (each by itself), or "
        "`all` of these; request-line, crlf, chunk-size, frame-head, record-head or utf-8 for one place; "
        "may be repeated (`whole`, and those that a case declares)",
    )


def client_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that selects the client."""
    from engine.execution.planning.deliveries import CLIENTS, OWN

    parser.add_argument(
        "--client",
        default=OWN,
        choices=CLIENTS,
        help="the client of plain `request` and `websocket` steps: the engine's own, the libraries httpx and "
        "websockets, or `all` (own)",
    )


def run_options(arguments: argparse.Namespace, settings: Settings = NO_SETTINGS) -> RunOptions:
    """The options of targets and cases, as parsed; ``settings`` have values for those that are not given."""
    from engine.app.engine import RunOptions
    from engine.app.settings import with_defaults

    given = RunOptions(
        servers=tuple(arguments.server),
        frameworks=tuple(arguments.framework),
        loop=arguments.loop,
        http=arguments.http,
        categories=tuple(arguments.category),
        levels=tuple(arguments.level),
        variants=tuple(arguments.variant),
        gateways=tuple(arguments.gateway),
        tags=tuple(arguments.tag),
        keyword=arguments.keyword,
        extended=arguments.extended,
        pythons=tuple(arguments.python),
    )
    return with_defaults(given, settings)


def asked_cases(arguments: argparse.Namespace) -> RunOptions:
    """The options that select cases, servers and frameworks, as parsed; without a server every server."""
    from engine.app.engine import ALL, RunOptions

    return RunOptions(
        servers=tuple(arguments.server) or (ALL,),
        frameworks=tuple(arguments.framework),
        categories=tuple(arguments.category),
        levels=tuple(arguments.level),
        variants=tuple(arguments.variant),
        gateways=tuple(arguments.gateway),
        tags=tuple(arguments.tag),
        keyword=arguments.keyword,
        http=arguments.http or HTTP_1_1,
    )


def counterparts_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that turns counterparts off."""
    parser.add_argument(
        "--no-counterparts",
        action="store_true",
        help="do not find causes by running failing cases with the bare app and on the reference server",
    )


def baseline_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that selects the baseline."""
    parser.add_argument(
        "--baseline",
        default="",
        metavar="FILE",
        help="the known failures (known-failures.yaml in the folder of the suites or above)",
    )


def corpus_argument(parser: argparse.ArgumentParser) -> None:
    """The option that asks for an older version of the corpus."""
    parser.add_argument(
        "--corpus",
        default="",
        metavar="VERSION",
        help="hold back cases newer than this version of the corpus: their failures are warnings (the newest)",
    )


def shard_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that divide a run among machines."""
    parser.add_argument(
        "--shard",
        default="",
        metavar="I/N",
        help="run the I-th of N parts of the targets: the same partition on every machine (all targets)",
    )
    parser.add_argument(
        "--weights",
        default="",
        metavar="FILE",
        help="the measured seconds for --shard, as `engine merge --weights` writes them (guesses)",
    )


def color_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--color``, which every command has: ``terminal.paint.paint_for`` takes its value."""
    parser.add_argument(
        "--color",
        choices=CHOICES,
        default="auto",
        help="colour: auto is on for a terminal and obeys NO_COLOR, FORCE_COLOR and TERM=dumb (auto)",
    )


@dataclass(frozen=True, slots=True)
class FormatNames:
    """The names of the report formats that can show a subject, as text. They are found only when a help is drawn, since
    that imports every format."""

    subject: str

    def __str__(self) -> str:
        from engine.reports.base import able

        return ", ".join(able(self.subject))


def format_argument(parser: argparse.ArgumentParser, subject: str, default: str, more: str = "") -> None:
    """Add the option of the report format for a subject (``grid``, ``comparison``, ``explanation``). ``more`` names
    formats that are no reports, with a comma behind each."""
    action = parser.add_argument(
        "--format",
        default=default,
        metavar="FORMAT",
        help=f"the format: {more}%(names)s" + f" ({default})" * bool(default),
    )
    setattr(action, "names", FormatNames(subject))  # noqa: B010 - argparse fills in a help from attributes


def place_arguments(parser: argparse.ArgumentParser, *, results: bool = True) -> None:
    """Add the options that locate folders."""
    if results:
        parser.add_argument("--results", default="", metavar="DIR", help="the folder of runs and grids (results/)")
    parser.add_argument("--frameworks", default="", metavar="DIR", help="the folder of frameworks (frameworks/)")
    parser.add_argument(
        "--settings",
        default="",
        metavar="FILE",
        help="the settings of the project, or `none` (conformance.yaml here, or in a folder above)",
    )


def app_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that names an application."""
    parser.add_argument(
        "--app",
        action="append",
        default=[],
        metavar="MODULE:APP",
        help="an application of the working directory, or NAME=MODULE:APP; may be repeated (none)",
    )


def project_paths_of(parsed: argparse.Namespace) -> ProjectPaths:
    """The folders that a command works with, as parsed. Raises UsageError."""
    from engine.app.project_paths import find

    results, frameworks, settings = (getattr(parsed, name, "") or "" for name in ("results", "frameworks", "settings"))
    return find(results, frameworks, settings, tuple(getattr(parsed, "app", None) or ()))
