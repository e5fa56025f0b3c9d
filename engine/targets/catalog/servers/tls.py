"""The word ``tls`` of a server's options: the files that it is given, and what it is to ask of its clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.model.tls import ASKS
from engine.targets.catalog.servers.base import Untranslatable

WORD = "tls"


@dataclass(frozen=True, slots=True)
class Files:
    """The TLS files of a server: its certificate, the key for it, and the certificate of the clients' authority.
    ``asks`` is a word of ASKS, or "" if no certificate is requested."""

    cert: Path
    key: Path
    ca: Path
    asks: str = ""

    def at(self, folder: Path) -> Files:
        """The same files as they are seen in another folder."""
        return Files(folder / self.cert.name, folder / self.key.name, folder / self.ca.name, self.asks)


# A placeholder for the files until they exist: a server is asked beforehand which options it has flags for.
NOWHERE = Files(Path("server.pem"), Path("server.key"), Path("ca.pem"))


def requires_certificate(value: object) -> str | None:
    """The request for clients' certificates, None without TLS. Raises Untranslatable for a value that ``tls`` cannot
    have."""
    if isinstance(value, Files):
        return value.asks
    if isinstance(value, bool):
        return "" if value else None
    if value in ASKS:
        return str(value)
    raise Untranslatable(f"{value!r} is neither true nor false, nor one of {', '.join(ASKS)}")


def files_of(value: object) -> Files | None:
    """The files, None for no TLS. Raises Untranslatable for a value that ``tls`` cannot have."""
    asks = requires_certificate(value)
    if asks is None:
        return None
    return value if isinstance(value, Files) else Files(NOWHERE.cert, NOWHERE.key, NOWHERE.ca, asks)


def flags(cert: str, key: str, ca: str, reqs: str, words: Mapping[str, str]) -> Callable[[object], Sequence[str]]:
    """A translation of ``tls`` for a server that has a flag for each of certificate, key, CA, and the request for
    clients' certificates; ``words`` are its own words for the latter."""

    def translate(value: object) -> Sequence[str]:
        files = files_of(value)
        if files is None:
            return []
        line = [cert, str(files.cert), key, str(files.key)]
        return [*line, ca, str(files.ca), reqs, words[files.asks]] if files.asks else line

    return translate


# The numbers of ssl.VerifyMode.
NUMBERS = {"optional": "1", "required": "2"}
