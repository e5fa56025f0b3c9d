from __future__ import annotations

import pytest

from engine.protocols.http2.frames import settings_payload
from engine.reference.http2.faults import ConnectionFault
from engine.reference.http2.settings import ClientSettings, entries, own


def test_settings_are_taken_in_order() -> None:
    client = ClientSettings()
    payload = settings_payload([(4, 10), (1, 100), (99, 7), (4, 20), (5, 20000)])
    assert list(client.take(payload)) == [(4, 10), (1, 100), (99, 7), (4, 20), (5, 20000)]
    assert (client.window, client.table, client.frame) == (20, 100, 20000)


@pytest.mark.parametrize(
    ("number", "value", "clause"),
    [(2, 2, "H2-41"), (4, 2**31, "H2-42"), (5, 16383, "H2-43"), (5, 2**24, "H2-43")],
)
def test_a_value_that_the_standard_forbids(number: int, value: int, clause: str) -> None:
    with pytest.raises(ConnectionFault) as raised:
        list(ClientSettings().take(settings_payload([(number, value)])))
    assert raised.value.clause == clause


def test_its_own_settings_are_a_frame() -> None:
    frame = own(1000)
    assert frame[:9] == bytes([0, 0, len(frame) - 9, 4, 0, 0, 0, 0, 0])
    assert dict(entries(frame[9:]))[6] == 1000
