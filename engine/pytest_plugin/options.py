"""The parsed options as the engine has them."""

from __future__ import annotations

import re

import pytest

from asgi_conformance_pytest import OPTIONS
from engine.app.engine import RunOptions
from engine.app.settings import with_defaults
from engine.model.settings import Settings

SHORT = re.compile(rf"(?<![\w-])--({'|'.join(option.name for option in OPTIONS if not option.no_short)})(?![\w-])")


def run_options(config: pytest.Config, settings: Settings) -> RunOptions:
    """The options of targets and cases, as parsed; ``settings`` have values for those that are not given."""
    option = config.getoption
    given = RunOptions(
        servers=tuple(option("asgi_server")),
        frameworks=tuple(option("asgi_framework")),
        loop=option("asgi_loop"),
        http=option("asgi_http"),
        categories=tuple(option("asgi_category")),
        levels=tuple(option("asgi_level")),
        variants=tuple(option("asgi_variant")),
        gateways=tuple(option("asgi_gateway")),
        tags=tuple(option("asgi_tag")),
        extended=bool(option("asgi_extended")),
        pythons=tuple(option("asgi_python")),
    )
    return with_defaults(given, settings)


def renamed(message: str, config: pytest.Config) -> str:
    """A message of the engine with pytest's names of the options, where these differ. Commands keep their own."""
    if config.getini("asgi_short_options"):
        return message
    lines = message.split("\n")
    return "\n".join(line if "engine " in line else SHORT.sub(r"--asgi-\1", line) for line in lines)
