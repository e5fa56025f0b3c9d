from __future__ import annotations

import pytest

from engine.channels.scripted import FIN
from engine.errors import EngineError
from engine.protocols.fastcgi import ABORT_REQUEST, MalformedRecord, encode
from engine.steps.fastcgi.session import FastcgiSession, Inflow, emit, fits, id_of, session_of
from tests.steps.context import run
from tests.steps.fastcgi.fastcgi_here import answer, over, records, spoken


def test_records_come_one_by_one_and_what_is_left_goes_back_in_order() -> None:
    async def work() -> None:
        whole = answer()
        _, connection, channel = spoken(whole[:5], whole[5:] + whole, b"\x01", FIN)
        inflow = Inflow(channel)
        names = []
        for _ in range(4):
            found = await inflow.next()
            assert found is not None
            record, raw, at = found
            names.append(record.name)
            if record.name == "stdout":
                inflow.leave(raw, at)
        assert names == ["stdout", "stdout", "end_request", "stdout"]
        inflow.put_back()
        again = b""
        while piece := (await connection.channel.receive())[0]:
            again += piece
        assert again == whole[: -len(over())] + whole + b"\x01"

    run(work())


def test_the_end_and_what_is_no_record() -> None:
    async def work() -> None:
        assert await Inflow(spoken(over()[:7], FIN)[2]).next() is None
        inflow = Inflow(spoken(over() + b"no record")[2])
        assert await inflow.next() is not None
        with pytest.raises(MalformedRecord):
            await inflow.next()

    run(work())


def test_a_request_is_the_current_one_or_named() -> None:
    session = FastcgiSession(current=3)
    assert id_of(None, session, {}) == 3
    assert id_of(7, session, {}) == 7
    with pytest.raises(ValueError, match="at most 65535"):
        fits(65536)


def test_what_is_packed_goes_out_later() -> None:
    async def work() -> None:
        ctx, connection, channel = spoken()
        ctx.act_for(ctx.step, connection)
        session = session_of(connection)
        session.packed = bytearray()
        assert await emit(ctx, [encode(ABORT_REQUEST, 1), encode(ABORT_REQUEST, 2)], b"body")
        assert (channel.sent, connection.sent) == ([], b"body")
        assert [record.id for record in records(bytes(session.packed))] == [1, 2]
        assert ctx.notes == [("records sent", "abort_request 1; abort_request 2")]

    run(work())


def test_a_connection_without_a_session() -> None:
    _, connection, _ = spoken()
    connection.codec = None
    with pytest.raises(EngineError, match="does not carry FastCGI"):
        session_of(connection)
