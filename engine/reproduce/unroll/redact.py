"""Redaction of what a report must not contain: credentials, cookies, and folders of the person who runs the engine.
Pure."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Mapping

# Shorter values are parts of ordinary words; nobody guards them.
SHORTEST = 5
_FIELD = re.compile(
    r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(?:: ?|', '|\", \"|', b'|\", b\"|': ?'?|\": ?\"?)"
    r"((?:(?!\\r|\\n)[^\r\n\"'])*)"
)
# A field on a line of the wire or behind an escaped or quoted one, a pair of literals, and a parameter of a query.
_LINE = re.compile(r"(?:(?:^|>> |<< |[\"'])|\\n)([A-Za-z][\w.-]*): ?((?:(?!\\r|\\n)[^\r\n\"'])+)", re.MULTILINE)
_PAIR = re.compile(r"[\"']([A-Za-z][\w.-]*)[\"'](?:,|:) ?b?[\"']((?:(?!\\r|\\n)[^\r\n\"'])+)")
_PARAMETER = re.compile(r"[?&]([A-Za-z][\w.-]*)=((?:(?!\\r|\\n)[^\s\"'&#])+)")
_SCHEME = re.compile(r"(?i)^(?:basic|bearer|digest|negotiate|token|apikey)\s+")


def secrets(texts: Iterable[str]) -> set[str]:
    """The values of credentials and cookies in some texts: the value behind the scheme, that of each cookie, and those
    of fields and query parameters with the name of a secret."""
    found: set[str] = set()
    for text in texts:
        for field in _FIELD.finditer(text):
            value = field[2].strip()
            if field[1].lower().endswith("authorization"):
                found.add(_SCHEME.sub("", value))
                continue
            for part in re.split(r"[;,]\s*", value):
                name, _, inner = part.partition("=")
                if name.strip().lower() not in ATTRIBUTES:
                    found.add(inner.strip())
        for pattern in (_LINE, _PAIR, _PARAMETER):
            found |= {one[2].strip() for one in pattern.finditer(text) if secret(one[1])}
    return {one for one in found if len(one) >= SHORTEST}


# The middle of an f-string is a token of its own since Python 3.12.
LITERALS = (tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))
ATTRIBUTES = ("path", "domain", "expires", "max-age", "samesite", "secure", "httponly")


_SECRET = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")


def secret(name: str) -> bool:
    """True for the name of a variable, a field or a query parameter whose value nobody should see."""
    upper = name.upper()
    # The key of a handshake is a nonce (RFC 6455, section 4.1), and an idempotency key one of a request.
    if upper in ("SEC-WEBSOCKET-KEY", "IDEMPOTENCY-KEY"):
        return False
    return any(word in upper for word in _SECRET) or "KEY" in re.split(r"[-_.]", upper) or upper.endswith("APIKEY")


def redacted_source(source: str, values: Iterable[str], folders: Mapping[str, str]) -> str:
    """As ``redacted``, for a source in Python: only in literals and comments, since a value may be the name of a
    function too."""
    lines = source.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(source).readline))):
        if token.type not in LITERALS:
            continue
        (first, start), (last, end) = token.start, token.end
        before, after = lines[first - 1][:start], lines[last - 1][end:]
        old = token.string if first != last else lines[first - 1][start:end]
        lines[first - 1 : last] = [f"{before}{redacted(old, values, folders)}{after}"]
    return "".join(lines)


def redacted(text: str, values: Iterable[str], folders: Mapping[str, str]) -> str:
    """A text with each secret value replaced by as many ``x``, so that lengths stay right and equal values stay equal,
    and with each folder replaced by a word."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "x" * len(value))
    for folder, word in sorted(folders.items(), key=lambda item: len(item[0]), reverse=True):
        if len(folder) > 1:
            text = re.sub(re.escape(folder) + r"(?![\w.-])", word, text)
    return text
