"""The words of commands that the engine prints: each names a target so that the command works as it is printed.

A target's id has a label for a checkout or a branch (``gunicorn@gunicorn``), which leads nowhere by itself. A command
has the source as it was given (``gunicorn@../gunicorn``), and with it every option that the target depends on. The
same holds for frameworks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.model.target import DIRECT, DOCKER, HTTP_1_1, RUNNING, http_word, python_word


class ServedTarget(Protocol):
    """A target, or what a run has recorded of one."""

    @property
    def server(self) -> str: ...
    @property
    def framework(self) -> str: ...
    @property
    def loop(self) -> str: ...
    @property
    def gateway(self) -> str: ...
    @property
    def http(self) -> str: ...
    @property
    def interpreter(self) -> str: ...
    @property
    def runtime(self) -> str: ...
    @property
    def release(self) -> str: ...
    @property
    def variant(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def given(self) -> Sequence[str]: ...
    @property
    def framework_release(self) -> str: ...
    @property
    def framework_source(self) -> str: ...


def server_word(target: ServedTarget) -> str:
    """The server of a target as ``--server`` takes it: ``gunicorn@../gunicorn~two-workers``."""
    return f"{target.server}{target.source or target.release}" + (f"~{target.variant}" if target.variant else "")


def framework_word(target: ServedTarget) -> str:
    """The framework of a target as ``--framework`` takes it: ``starlette@../starlette``."""
    return f"{target.framework}{target.framework_source or target.framework_release}"


def given_options(target: ServedTarget, without: Sequence[str] = ()) -> list[str]:
    """The options that a target depends on, each with its value; those ``without`` are left out."""
    pairs = zip(target.given[::2], target.given[1::2], strict=True)
    return [word for option, value in pairs if option not in without for word in (option, value)]


def grid(address: str, target: ServedTarget, *more: str) -> list[str]:
    """``engine grid`` for a single case on a single target, as words for ``shlex.join``; ``more`` is appended."""
    words = ["engine", "grid", address, "--server", server_word(target), "--framework", framework_word(target)]
    words += [] if target.gateway == DIRECT else ["--gateway", target.gateway]
    words += [] if target.loop == "auto" else ["--loop", target.loop]
    words += [] if target.http == HTTP_1_1 else ["--http", http_word(target.http)]
    words += ["--python", target.interpreter] if target.interpreter else []
    words += ["--runtime", target.runtime] if target.runtime in (DOCKER, RUNNING) else []
    return [*words, *given_options(target), *more]


def served(target: ServedTarget) -> str:
    """A target as ``engine serve`` takes it: its id, with the sources of its server and its framework as they were
    given. The service runs as a process of this machine."""
    words = [server_word(target), framework_word(target), target.loop]
    words += [] if target.gateway == DIRECT else [target.gateway]
    words += [] if target.http == HTTP_1_1 else [target.http]
    return "-".join(words + ([python_word(target.interpreter)] if target.interpreter else []))


def serve(target: ServedTarget, *more: str) -> list[str]:
    """``engine serve`` for a target, as words for ``shlex.join``. None for a service that runs already."""
    if target.runtime == RUNNING:
        return []
    return ["engine", "serve", served(target), *given_options(target), *more]
