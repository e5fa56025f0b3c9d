"""``engine show``: one case after expansion: its steps, its expectations, its targets."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.base import (
    Command,
    framework_argument,
    gateway_argument,
    http_argument,
    place_arguments,
    project_paths_of,
    server_arguments,
)
from engine.model.target import HTTP_1_1, HTTP_VERSIONS

DESCRIPTION = """\
Show one case as the engine will run it, without running it: its place, the
clauses that it cites, the bytes that its steps send, the expectations, and the
targets on which it runs. With --targets, the other targets are listed too, each
with the reason.

CASE is an address (specs/http/scope.yaml::method-is-sent), an id, or either,
with the name of a matrix's value (status[404]). $(host), $(run) and $(call)
stand for values that only a run knows. With --http 2 the frames of HTTP/2 are
shown, with --http all the bytes of both versions."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("case", metavar="CASE", help="an address or an id")
    parser.add_argument("paths", nargs="*", default=[], metavar="PATH", help="suites to find an id in (specs)")
    parser.add_argument(
        "--targets", action="store_true", help="list the targets on which it does not run, with reasons"
    )
    server_arguments(parser, "all pinned ones")
    framework_argument(parser)
    gateway_argument(parser)
    http_argument(parser)
    place_arguments(parser, results=False)


def run(parsed: argparse.Namespace) -> int:
    """Print the case. Raises UsageError where there is none of that name, or several."""
    from engine.app import addresses, step_types
    from engine.app.describe import case as described
    from engine.app.engine import ALL, Engine, RunOptions
    from engine.terminal import columns, tree
    from engine.terminal.paint import paint_for

    engine = Engine(project_paths_of(parsed))
    options = RunOptions(
        servers=tuple(parsed.server) or (ALL,),
        frameworks=tuple(parsed.framework),
        variants=tuple(parsed.variant),
        gateways=tuple(parsed.gateway),
        http=parsed.http or HTTP_1_1,
    )
    targets = engine.every(options)
    complete = ALL in options.servers and not options.frameworks
    known = targets if complete else [*targets, *engine.every(RunOptions(servers=(ALL,)))]
    case = addresses.one(parsed.case, engine, parsed.paths, [target.id for target in known])
    stands = described.standing(case, targets, engine.offers, engine.unsupported)
    loaded = engine.load([Path(case.place.file)])
    deliveries = [one.delivery for suite in loaded.suites for one in suite.cases if one.plain_id == case.plain_id]
    words = engine.beside([Path(case.place.file)]).words
    described_entries = described.entries(
        case,
        words.loading.clauses,
        stands,
        step_types.by_name(),
        words.operators,
        every_target=parsed.targets,
        deliveries=deliveries,
        http=HTTP_VERSIONS[parsed.http or HTTP_1_1],
    )
    for line in tree.lines(described_entries, columns.terminal_width(), paint=paint_for(sys.stdout, parsed.color)):
        sys.stdout.write(line + "\n")
    return 0


COMMAND = Command(
    "show",
    "Show one case: its steps, its expectations, its targets.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine show specs/http/scope.yaml::repeated-headers", "by its address"),
        ("engine show repeated-headers", "by its id"),
        ("engine show 'bad-content-length[plus]'", "one value of a matrix"),
        ("engine show missing-host --targets", "with the reasons for its targets"),
        ("engine show repeated-headers --http 2", "as it runs over HTTP/2"),
    ),
)
