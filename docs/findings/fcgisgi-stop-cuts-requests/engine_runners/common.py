"""The common parts of the runners: their arguments, the app, and the address to listen on."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import Any


def arguments(name: str) -> argparse.ArgumentParser:
    """The options that every runner has."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("app", metavar="MODULE:ATTRIBUTE")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--bind", metavar="HOST:PORT", help="the address to listen on, or unix:PATH")
    where.add_argument("--fd", type=int, help="a socket that listens")
    parser.add_argument("--threads", type=int, default=50, help="the number of concurrent requests")
    parser.add_argument("--grace", type=float, default=10.0, help="seconds for requests in flight at the end")
    return parser


def load(named: str) -> Any:
    """The app. Whatever its import raises goes on."""
    sys.path.insert(0, os.getcwd())
    module, _, attribute = named.partition(":")
    return getattr(importlib.import_module(module), attribute)


def address(parsed: argparse.Namespace) -> tuple[str, int] | str | None:
    """The address to listen on, a path for a Unix socket; None for an inherited socket, which is descriptor 0, as
    FastCGI has it (2.2)."""
    if parsed.bind is not None:
        if parsed.bind.startswith("unix:"):
            return str(parsed.bind).removeprefix("unix:")
        host, _, port = str(parsed.bind).rpartition(":")
        return host.strip("[]"), int(port)
    if parsed.fd != 0:
        os.dup2(parsed.fd, 0)
        os.close(parsed.fd)
    return None
