from __future__ import annotations

from engine.reference.http2.faults import ConnectionFault, ErrorCode, StreamFault


def test_faults_name_their_clause() -> None:
    assert str(ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-03", "why")) == "H2-03: why"
    assert str(StreamFault(3, ErrorCode.STREAM_CLOSED, "H2-25", "why")) == "H2-25: why (stream 3)"
