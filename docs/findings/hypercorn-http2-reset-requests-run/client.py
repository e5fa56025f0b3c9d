"""Hypercorn 0.18.0 calls its application for each of the requests that it reads at once, although their client has
reset them.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

from support import END_HEADERS, END_STREAM, HEADERS, HOST, RST_STREAM, Connection, expect, frame, main, need, section

TITLE = (
    "Hypercorn 0.18.0 calls its application for each of the requests that it reads at once, although "
    "their client has reset them"
)


def reproduction() -> None:
    connection = Connection(shows=False)
    fields = section((":method", "GET"), (":scheme", "http"), (":authority", HOST), (":path", "/held"))
    cancel = (8).to_bytes(4)
    streams = range(1, 4001, 2)
    connection.send(
        b"".join(
            frame(HEADERS, END_HEADERS | END_STREAM, stream, fields) + frame(RST_STREAM, 0, stream, cancel)
            for stream in streams
        )
    )
    connection.read(2)
    other = Connection()
    other.request(1, path="/calls")
    reply = other.response(1, 20)
    need("status", reply.status, 200)
    calls = reply.json()
    print(f"calls of the application that run at once: {calls} of {len(streams)} requests, each reset at once")
    expect("at most 1,200 calls (100 streams may be open, and a connection may have 1,000 requests)", calls <= 1200, True)


if __name__ == "__main__":
    main(reproduction, TITLE)
