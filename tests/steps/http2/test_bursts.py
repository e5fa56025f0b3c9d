"""The action ``burst`` and the assertion ``answers``."""

from __future__ import annotations

from typing import Any

import pytest

from engine.channels.scripted import FIN
from engine.protocols.http2.frames import GOAWAY, RST_STREAM, encode, goaway_payload
from engine.steps.http2.bursts import THEN, frames_of
from tests.steps.context import ABSENT, on, run
from tests.steps.http2.http2_here import Library, connected
from tests.steps.http2.test_assertions import FIRST, data, head

OK = (b":status", b"200")


def test_a_burst_is_requests_on_new_streams() -> None:
    async def work() -> Any:
        library = Library()
        ctx, connection, _ = connected(library=library)
        await on(ctx, connection, "burst", {"count": 5, "path": "/a", "headers": {"x-a": "b"}}, group="http2")
        return library, await on(ctx, connection, "answers", {"within": "1s"}, group="http2")

    library, seen = run(work())
    assert sorted(library.fields) == [1, 3, 5, 7, 9]
    assert all((b":path", b"/a") in fields and (b"x-a", b"b") in fields for fields in library.fields.values())
    facts = {name: seen.fact(name) for name in ("answered", "resets", "open", "statuses", "goaway", "closed", "bytes")}
    assert facts == {
        "answered": 5, "resets": 0, "open": 0, "statuses": [200], "goaway": ABSENT, "closed": False, "bytes": 0,
    }  # fmt: skip


@pytest.mark.parametrize("then", [word for word in THEN if word != "nothing"])
def test_each_request_has_its_frame_behind_it(then: str) -> None:
    head, after = frames_of(7, b"\x82", ends=True, then=then)
    assert (head[3], head[4], after[3]) == (1, 5, THEN[then][0][0])
    assert head[5:9] == after[5:9] == b"\0\0\0\7"


def test_answers_are_counted_over_several_assertions() -> None:
    async def work() -> list[list[object]]:
        ctx, connection, channel = connected()
        for _ in range(4):
            await on(ctx, connection, "headers", {}, group="http2")
        channel.arrive(FIRST, encode(RST_STREAM, 0, 1, b"\0\0\0\x07") + head(3, OK) + data(3, b"abc"))
        found = []
        for body in ({"ended": 2}, {"within": "50ms"}):
            seen = await on(ctx, connection, "answers", body, group="http2")
            found.append([seen.fact(name) for name in ("answered", "resets", "open", "codes", "bytes")])
            channel.arrive(head(5, OK, end=True), encode(GOAWAY, 0, 0, goaway_payload(5, 0)), FIN)
        assert [seen.fact("goaway"), seen.fact("closed")] == ["NO_ERROR", True]
        return found

    assert run(work()) == [[1, 1, 2, ["REFUSED_STREAM"], 3], [2, 1, 1, ["REFUSED_STREAM"], 3]]
