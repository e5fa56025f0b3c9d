"""The probe of options, with checks that find what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from engine.errors import StartError
from engine.targets.catalog.capabilities import Probed
from engine.targets.catalog.servers.base import Server
from engine.targets.environments.packages import Environments
from engine.targets.probing import options
from engine.targets.probing.option_checks import CHECKS, OptionCheck, WithOptions
from engine.targets.probing.options import Options
from engine.targets.probing.probes import Probes

SERVER = Server(
    "one", "One", "One", Path("none"), base=lambda start: ["one"],
    options={"ping": lambda value: ["--ping", str(value)], "limits": lambda value: ["--limits", str(value)]},
)  # fmt: skip


class Stand:
    """A server that is started and stopped, and on which the checks find what ``shows`` says of its options."""

    def __init__(self) -> None:
        self.starts: list[Options] = []
        self.stops = 0
        self.refuses: set[str] = set()
        self.only_alone: set[str] = set()
        self.without_effect: set[str] = set()
        self.order: list[str] = []

    async def begin(self, given: Options) -> WithOptions:
        self.starts.append(given)
        if self.refuses & {name for name, _ in given}:
            raise StartError("no")
        return cast(WithOptions, self)

    async def stop(self, grace: float) -> None:
        self.stops += 1

    def check(self, name: str, value: object = True, group: int = 0, *, last: bool = False) -> OptionCheck:
        async def look(live: WithOptions) -> bool | None:
            await asyncio.sleep(0)
            self.order.append(name)
            alone = len(self.starts[-1]) == 1
            if name == "unknown":
                return None
            if name == "breaks":
                raise ConnectionResetError
            return name not in self.without_effect and (alone or name not in self.only_alone)

        return OptionCheck(name, name, value, look, group, last)


def look(server: Stand, *checks: OptionCheck) -> Probed:
    return asyncio.run(options.look(checks, SERVER, server.begin))


def test_options_of_a_group_have_one_start(server: Stand) -> None:
    checks = [server.check("z", last=True), server.check("a"), server.check("b"), server.check("c", group=1)]
    found = look(server, *checks)
    assert found == Probed(frozenset("abcz"), frozenset("abcz"))
    assert server.starts == [(("a", True), ("b", True), ("z", True)), (("c", True),)]
    assert server.stops == 2
    assert server.order[2] == "z"


def test_an_effect_that_does_not_show_is_looked_for_with_this_option_alone(server: Stand) -> None:
    server.only_alone = {"a"}
    assert look(server, server.check("a"), server.check("b")) == Probed(frozenset("ab"), frozenset("ab"))
    assert server.starts == [(("a", True), ("b", True)), (("a", True),)]


def test_an_option_without_an_effect_is_refuted(server: Stand) -> None:
    server.without_effect = {"a"}
    found = look(server, server.check("a"), server.check("b"))
    assert found == Probed(frozenset("ab"), frozenset("b"))
    assert options.refuted(found) == ("the option `a` is translated, and the probe found no effect",)


def test_an_option_with_which_it_does_not_start_is_refuted_and_no_other(server: Stand) -> None:
    server.refuses = {"a"}
    assert look(server, server.check("a"), server.check("b")) == Probed(frozenset("ab"), frozenset("b"))
    assert server.stops == 1


def test_what_shows_nothing_is_no_finding(server: Stand) -> None:
    assert look(server, server.check("unknown"), server.check("breaks")) == Probed()


def test_parts_of_a_mapping_are_put_together() -> None:
    limits = [check for check in CHECKS if check.option == "limits" and check.value != (("body", 1024),)]
    assert options.merged(limits, SERVER) == (
        ("limits", (("field", 1000), ("fields", 20), ("head", 8192), ("request_line", 400))),
    )


@pytest.mark.parametrize(("word", "value"), [("max_requests", 20), ("worker_timeout", 2.0)])
def test_workers_are_replaced_where_there_are_several(word: str, value: float) -> None:
    check = next(check for check in CHECKS if check.option == word)
    assert options.merged([check], SERVER) == ((word, value),)
    several = replace(SERVER, options={"workers": lambda value: []})
    assert options.merged([check], several) == ((word, value), ("workers", 2))


def test_only_translated_options_are_probed() -> None:
    def unsupported(given: Mapping[str, object]) -> Collection[str]:
        return ["no body"] if given == {"limits": (("body", 1024),)} else []

    names = [check.name for check in options.checks_of(SERVER, unsupported, {"asgi", "websocket"})]
    limits = [f"limits: {{{name}: ...}}" for name in ("request_line", "field", "fields", "head")]
    assert names == ["env", *limits, "ping"]
    assert "ping" not in [check.name for check in options.checks_of(SERVER, unsupported, ())]


def test_a_finding_is_kept_until_a_translation_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    performed = []

    async def look_(checks: object, server: Server, begin: object) -> Probed:
        performed.append(server)
        return Probed(frozenset({"ping"}))

    monkeypatch.setattr(options, "look", look_)
    probes = Probes(tmp_path, Environments(tmp_path).alone, "engine")

    def refuted(server: Server) -> tuple[str, ...]:
        begin = Stand().begin
        return asyncio.run(
            probes.without_effect(server, "part", "auto", begin, unsupported=lambda given: (), offers=())
        )

    expected = ("the option `ping` is translated, and the probe found no effect",)
    assert [refuted(SERVER), refuted(SERVER)] == [expected, expected]
    assert performed == [SERVER]
    other = replace(SERVER, options={**SERVER.options, "ping": lambda value: ["--another"]})
    assert refuted(other) == expected
    assert performed == [SERVER, other]


@pytest.fixture
def server() -> Stand:
    return Stand()
