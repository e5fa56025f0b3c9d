"""The parsed options as the engine has them."""

from __future__ import annotations

import re

import pytest

from asgi_conformance_pytest import OPTIONS
from engine.app.engine import RunOptions

SHORT = re.compile(rf"(?<![\w-])--({'|'.join(option.name for option in OPTIONS if not option.no_short)})(?![\w-])")


def run_options(config: pytest.Config) -> RunOptions:
    """The options of targets and cases, as parsed."""
    option = config.getoption
    return RunOptions(
        servers=tuple(option("asgi_server")),
        frameworks=tuple(option("asgi_framework")),
        loop=option("asgi_loop"),
        categories=tuple(option("asgi_category")),
        levels=tuple(option("asgi_level")),
        variants=tuple(option("asgi_variant")),
        gateways=tuple(option("asgi_gateway")),
        tags=tuple(option("asgi_tag")),
        extended=bool(option("asgi_extended")),
    )


def renamed(message: str, config: pytest.Config) -> str:
    """A message of the engine with pytest's names of the options, where these differ. Commands keep their own."""
    if config.getini("asgi_short_options"):
        return message
    lines = message.split("\n")
    return "\n".join(line if "engine " in line else SHORT.sub(r"--asgi-\1", line) for line in lines)
