"""Redaction of what a report must not contain: credentials, cookies, and folders of the person who runs the engine.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Shorter values are parts of ordinary words; nobody guards them.
SHORTEST = 5
_FIELD = re.compile(
    r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(?:: ?|', '|\", \"|', b'|\", b\"|': ?'?|\": ?\"?)"
    r"((?:(?!\\r|\\n)[^\r\n\"'])*)"
)
_SCHEME = re.compile(r"(?i)^(?:basic|bearer|digest|negotiate|token|apikey)\s+")


def secrets(texts: Iterable[str]) -> set[str]:
    """The values of credentials and cookies in some texts: the value behind the scheme, and that of each cookie."""
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
    return {one for one in found if len(one) >= SHORTEST}


ATTRIBUTES = ("path", "domain", "expires", "max-age", "samesite", "secure", "httponly")


_SECRET = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")


def secret(name: str) -> bool:
    """True for the name of a variable, a field or a query parameter whose value nobody should see."""
    upper = name.upper()
    # The key of a handshake is a nonce (RFC 6455, section 4.1), and an idempotency key one of a request.
    if upper in ("SEC-WEBSOCKET-KEY", "IDEMPOTENCY-KEY"):
        return False
    return any(word in upper for word in _SECRET) or "KEY" in re.split(r"[-_.]", upper) or upper.endswith("APIKEY")


def redacted(text: str, values: Iterable[str], folders: Mapping[str, str]) -> str:
    """A text with each secret value replaced by as many ``x``, so that lengths stay right and equal values stay equal,
    and with each folder replaced by a word."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "x" * len(value))
    for folder, word in sorted(folders.items(), key=lambda item: len(item[0]), reverse=True):
        if len(folder) > 1:
            text = re.sub(re.escape(folder) + r"(?![\w.-])", word, text)
    return text
