"""``python -m synchronous.drive MODULE:ATTRIBUTE MANNER``: the checks, as a JSON list of [id, problem or ""]."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from operator import attrgetter

from .calls import App, Clock, Server, Wrong
from .checks import CHECKS, Check
from .manner import MANNERS, Manner


def drive(app: App, manner: Manner, checks: Sequence[Check] = CHECKS) -> list[tuple[str, str]]:
    """Run the checks on an app: the id of each, and what is wrong, "" for nothing."""
    clock = Clock()
    with clock.running():
        server = Server(app, manner, clock)
        return [(one.id, problem(one, server)) for one in checks]


def problem(check: Check, server: Server) -> str:
    """The error, in words; "" if there is none."""
    try:
        check.run(server)
    except Wrong as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main(words: Sequence[str]) -> None:
    module, _, attribute = words[0].partition(":")
    app = attrgetter(attribute)(importlib.import_module(module))
    json.dump(drive(app, MANNERS[words[1]]), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
