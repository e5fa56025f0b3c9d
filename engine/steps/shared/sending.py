"""The common parts of all steps that send: rendered headers, a request's target, and bytes handed to a channel."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from engine.errors import Reset
from engine.model.nodes import Node
from engine.model.variables import Variable, as_text, fill, resolve
from engine.model.wire_bytes import ByteString
from engine.protocols.http1 import Pair
from engine.steps.api.context import Connection, Context
from engine.steps.api.reader import NodeReader
from engine.steps.shared.delivering import pieces

Headers = tuple[tuple[str, ByteString], ...]
Query = str | tuple[tuple[str, object], ...] | None

ENGINE_HEADER = b"x-engine-call"
# A placeholder for the header's value before there is a run.
TOKEN = "$(call)"
_unfit = re.compile(r"[^!-~]")


def rendered(headers: Headers, variables: Mapping[str, object]) -> list[Pair]:
    """Headers as bytes, in order. Raises Unknown and ValueError as ``ByteString.render`` does."""
    return [(fill(name, variables).encode(), value.render(variables)) for name, value in headers]


def target(path: str, query: Query, variables: Mapping[str, object]) -> str:
    """A request's target: the path as it is written, and the query, encoded where it is a mapping."""
    filled = fill(path, variables)
    if query is None or query in ((), ""):
        return filled
    encoded = fill(query, variables) if isinstance(query, str) else _encoded(_pairs(query, variables))
    return f"{filled}{'&' if '?' in filled else '?'}{encoded}"


# Characters that no encoding changes (RFC 3986, section 2.3).
_unreserved = re.compile(r"[A-Za-z0-9._~-]*")


def _encoded(pairs: Sequence[tuple[str, str | bytes]]) -> str:
    """The pairs as ``urlencode`` has them, which most pairs already are."""
    plain = all(
        isinstance(value, str) and _unreserved.fullmatch(value) and _unreserved.fullmatch(name) for name, value in pairs
    )
    return "&".join([f"{name}={value}" for name, value in pairs]) if plain else urlencode(pairs)  # type: ignore[str-bytes-safe]


def _pairs(query: Sequence[tuple[str, object]], variables: Mapping[str, object]) -> list[tuple[str, str | bytes]]:
    pairs: list[tuple[str, str | bytes]] = []
    for name, value in query:
        found = value.render(variables) if isinstance(value, ByteString) else resolve(value, variables)
        for one in found if isinstance(found, (list, tuple)) else [found]:
            pairs.append((fill(name, variables), one if isinstance(one, bytes) else as_text(one)))
    return pairs


def path_of(node: Node, reader: NodeReader) -> str:
    """The text of a path; a variable as its reference."""
    found = reader.value(node)
    return f"$({found.name})" if isinstance(found, Variable) else str(found)


def unfit_target(node: Node, reader: NodeReader, path: str) -> None:
    """Note a path that no request line can carry."""
    without = re.sub(r"\$\([^)]*\)", "", path)
    if _unfit.search(without):
        reader.mistake(node, "a request's target holds visible ASCII only", "write other bytes as %20 or %C3%A9")
    elif "#" in without:
        reader.mistake(node, "a fragment is never sent to a server", "write # as %23")


async def send_pieces(
    ctx: Context, connection: Connection, parts: Sequence[bytes], sent: bytes | None, *, every: float
) -> None:
    """Send pieces as one ``sent``, ``every`` seconds apart, counted from the first. A late piece goes out at once: on a
    busy machine the pauses must not add up to more than a server waits for a request. Raises as ``send``."""
    began = ctx.now()
    for number, piece in enumerate(parts):
        if number:
            await asyncio.sleep(max(0.0, began + number * every - ctx.now()))
        if not await send(ctx, connection, piece, sent, whole=len(parts) > 1):
            return


async def send(
    ctx: Context, connection: Connection, data: bytes, sent: bytes | None = None, *, whole: bool = False
) -> bool:
    """Send on a connection, and remember when; ``sent`` is what later assertions compare with, ``data`` by default.
    The case's delivery cuts it, unless ``whole``: a step about its own cuts keeps them.

    A connection that the peer has reset is noted, and a later assertion decides: False. Raises ChannelClosed
    where this side has closed it.
    """
    connection.sent = data if sent is None else sent
    try:
        cut = [data] if whole or ctx.case.delivery.whole else pieces(data, ctx.case.delivery)
        channel = connection.channel
        connection.sent_at = await (channel.send(data) if len(cut) == 1 else channel.deliver(cut))
    except Reset as error:
        ctx.note("not sent", error.what, subject=connection.name)
        return False
    return True
