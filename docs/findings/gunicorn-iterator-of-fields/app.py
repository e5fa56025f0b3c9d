"""The application for: The fields of a response may be an-iterator."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/a-tuple-of-tuples":
        await on_a_tuple_of_tuples(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/an-iterator":
        await on_an_iterator(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/an-iterator-of-lists":
        await on_an_iterator_of_lists(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_a_tuple_of_tuples(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 203,
        "headers": ((b"x-a", b"one", ), (b"content-length", b"2", ), (b"x-a", b"two", ), ),
    })
    await send({"type": "http.response.body", "body": b"ok"})


async def on_an_iterator(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 203,
        "headers": iter([(b"x-a", b"one", ), (b"content-length", b"2", ), (b"x-a", b"two", )]),
    })
    await send({"type": "http.response.body", "body": b"ok"})


async def on_an_iterator_of_lists(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 203,
        "headers": iter([[b"x-a", b"one"], [b"content-length", b"2"], [b"x-a", b"two"]]),
    })
    await send({"type": "http.response.body", "body": b"ok"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
