"""HTTP/2 frames on one line, for a time line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from engine.model.quantities import show_size
from engine.protocols.http2.connection import named_settings
from engine.protocols.http2.fields import Pair
from engine.protocols.http2.frames import DATA, PING, SETTINGS, Frame


def in_words(frames: Sequence[Frame]) -> str:
    """Frames in a row; neighbours of one type and stream together."""
    return "; ".join(
        _together(list(group)) for _, group in groupby(frames, lambda one: (one.type, one.stream, one.flags))
    )


def _together(frames: list[Frame]) -> str:
    first = frames[0]
    name = first.name.upper() if isinstance(first.name, str) else f"type {first.name}"
    subject = f"{name} {first.stream}" if first.stream else name
    more = [f"{len(frames)} frames"] if len(frames) > 1 else []
    more += [word.upper() for word in first.flag_names]
    if first.type == DATA or len(frames) > 1 or (first.payload and _says(first) == ""):
        more.append(show_size(sum(len(one.payload) for one in frames)))
    elif said := _says(first):
        more.append(said)
    return f"{subject} ({', '.join(more)})" if more else subject


def _says(frame: Frame) -> str:
    """The content of a frame of fixed form, "" for others."""
    if frame.type == SETTINGS:
        return ", ".join(f"{name} {value}" for name, value in named_settings(dict(frame.settings)).items())
    if frame.increment is not None:
        return f"increment {frame.increment}"
    if frame.error is not None:
        last = f"last stream {frame.last_stream}, " if frame.last_stream is not None else ""
        text = frame.payload[8:].decode("utf-8", "replace") if frame.last_stream is not None else ""
        return f"{last}{frame.error}" + (f", {text!r}" if text else "")
    if frame.type == PING:
        return frame.payload.hex()
    return ""


def fields_in_words(fields: Sequence[Pair]) -> str:
    """Fields on one line."""
    return ", ".join(f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in fields)
