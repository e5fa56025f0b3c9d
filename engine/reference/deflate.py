"""permessage-deflate (RFC 7692) with streams that end.

A client may end a message with a block that says it is the last one (BFINAL; sections 7.2.1 and 7.2.3.4), and go on in
the next message, or in the same. zlib's decompressor stops there, and websockets continues to feed it without effect.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory

WINDOW = 32 * 1024


class ServerInflater:
    """A decompressor that continues after the last block of a stream, with the previous output as its window.

    It has the part of ``zlib.decompressobj`` that websockets uses.
    """

    def __init__(self, bits: int) -> None:
        """``bits`` is the window's size as a power of two."""
        self._bits = bits
        self._stream = zlib.decompressobj(wbits=-bits)
        self._window = b""
        self._left = b""  # behind the end of a stream, beyond what was asked for

    @property
    def unconsumed_tail(self) -> bytes:
        """The bytes not decompressed yet, since the output limit was reached."""
        return self._stream.unconsumed_tail + self._left

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        """The content of ``data``, at most ``max_length`` bytes; 0 for all of it. Raises zlib.error."""
        out = b""
        self._left = b""
        while True:
            # One byte more than is left distinguishes the end from too much data.
            piece = self._stream.decompress(data, max_length and max(1, max_length - len(out)))
            out += piece
            self._window = (self._window + piece)[-WINDOW:]
            if max_length and len(out) > max_length:
                self._left = data
                return out[:max_length]
            if not self._stream.eof:
                return out
            data = self._stream.unused_data
            self._stream = zlib.decompressobj(wbits=-self._bits, zdict=self._window)
            if not data:
                return out


class Deflate(PerMessageDeflate):
    """The negotiated extension. websockets creates a decompressor for each message if there is no context takeover."""

    @property
    def decoder(self) -> Any:
        return self._inflater

    @decoder.setter
    def decoder(self, new: Any) -> None:
        self._inflater = ServerInflater(self.remote_max_window_bits)

    @decoder.deleter
    def decoder(self) -> None:
        del self._inflater


class Deflates(ServerPerMessageDeflateFactory):
    """Negotiates the client's offers, as websockets does."""

    def process_request_params(self, params: Any, accepted_extensions: Sequence[Extension]) -> Any:
        answer, agreed = super().process_request_params(params, accepted_extensions)
        return answer, Deflate(
            agreed.remote_no_context_takeover,
            agreed.local_no_context_takeover,
            agreed.remote_max_window_bits,
            agreed.local_max_window_bits,
        )
