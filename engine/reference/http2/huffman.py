"""The Huffman code of HPACK (RFC 7541, section 5.2 and appendix B), for reading.

The code is canonical: the codes of one length are numbered in the order of their symbols, and those of the next length
go on where they end. So the lengths say everything. They are written as letters: ``a`` is 5 bits, ``z`` is 30.
"""

from __future__ import annotations

from collections.abc import Mapping

LENGTHS = (
    "isxxxxxxxtzxxzxxxxxxxxzxxxxxxxxxbffhibdgffdgdbbbaaabbbbbbbcdkbhfibccccccccccccccccccccccdcdioijbkaba"
    "babbbaccbbbabcbaabccccckgjixprpprrrsrssssststtrstssssqrsrsstrqprrssqsrrtqrssqqrqsrssprrrsrrsvvporsru"
    "vvvwwvtuoqvwwvwtqqvvxwwwptpqrqqsrruuttvsvwvvwwwwwxwwwwwvz"
)
END = 256
LONGEST_PADDING = 7


class WrongCode(ValueError):
    """A text that is none in this code: END inside it, or padding that is too long or has zeros."""


def _codes() -> Mapping[tuple[int, int], int]:
    """The symbol of each code, by its length and its bits."""
    lengths = [ord(letter) - ord("a") + 5 for letter in LENGTHS]
    found, code, before = {}, 0, 0
    for symbol in sorted(range(len(lengths)), key=lambda one: (lengths[one], one)):
        code <<= lengths[symbol] - before
        before = lengths[symbol]
        found[before, code] = symbol
        code += 1
    return found


_symbols = _codes()


def decoded(data: bytes) -> bytes:
    """The text of some bytes. Raises WrongCode."""
    found = bytearray()
    code = length = 0
    for octet in data:
        for shift in range(7, -1, -1):
            code = code << 1 | octet >> shift & 1
            length += 1
            symbol = _symbols.get((length, code))
            if symbol is None:
                continue
            if symbol == END:
                raise WrongCode("the end of strings stands inside a string")
            found.append(symbol)
            code = length = 0
    if length > LONGEST_PADDING:
        raise WrongCode("the padding has more than 7 bits")
    if code != (1 << length) - 1:
        raise WrongCode("the padding has bits that are zero")
    return bytes(found)
