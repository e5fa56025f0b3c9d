"""Releases of servers and frameworks, and variants of servers: the words of ``--server`` and ``--framework``. Pure.

gunicorn                                      the pinned release
gunicorn==26.2.0                              a version of the package index
gunicorn@../gunicorn                          a checkout on this machine
gunicorn@git+https://host/gunicorn@branch     a branch, a tag or a commit of a repository
gunicorn==26.2.0~two-workers                  any of these with a variant, for servers
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from packaging.version import InvalidVersion
from packaging.version import Version as Number

from engine.errors import UsageError

VARIANT = re.compile(r"[a-z][a-z0-9-]*")
NAME = re.compile(r"[a-z][a-z0-9-]*")
SERVER, FRAMEWORK = "server", "framework"
# Everything else in a label would trouble file names, or what reads a target's id.
UNSAFE = re.compile(r"[^A-Za-z0-9._]+")
FORMS = {
    SERVER: "NAME, NAME==VERSION, NAME@FOLDER or NAME@git+URL@BRANCH, and ~VARIANT behind any of them",
    FRAMEWORK: "NAME, NAME==VERSION, NAME@FOLDER or NAME@git+URL@BRANCH",
}


@dataclass(frozen=True, slots=True)
class Pinned:
    """The release that the lock of the server or the framework pins."""

    @property
    def word(self) -> str:
        return ""

    @property
    def source(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the package index."""

    number: str

    @property
    def word(self) -> str:
        return f"=={self.number}"

    @property
    def source(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A project's folder on this machine. ``source`` is how it was given: ``@../gunicorn``."""

    folder: Path
    label: str
    source: str = field(default="", compare=False)

    @property
    def word(self) -> str:
        return f"@{self.label}"


@dataclass(frozen=True, slots=True)
class GitReference:
    """A revision in a git repository: ``ref`` is a branch, a tag or a commit, "" for the repository's default branch.

    ``folder`` is the folder of the project in the repository, "" for its root. ``source`` is the text of the option,
    without a user's name and password.
    """

    url: str
    ref: str
    label: str
    folder: str = ""
    source: str = field(default="", compare=False)

    @property
    def word(self) -> str:
        return f"@{self.label}"


Release = Pinned | Version | Checkout | GitReference
PINNED = Pinned()


@dataclass(frozen=True, slots=True)
class Variant:
    """A named set of options of the server's own. ``flags`` go into its command line, ``pins`` (``h11==0.14.0``) into
    its environment. ``declared`` is the word of ``--variant`` that declares it, "" for a variant of the server's."""

    name: str = ""
    flags: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    summary: str = ""
    declared: str = field(default="", compare=False)


PLAIN = Variant()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One ``--server`` or ``--framework``: a name, a release, and a variant's name, "" for none. The variant of a
    framework is a mutant of a bare app."""

    name: str
    release: Release = PINNED
    variant: str = ""


def wanted(text: str, sort: str = SERVER) -> Wanted:
    """Parse one ``--server`` or, with the sort FRAMEWORK, one ``--framework``. Raises UsageError for a text that has
    none of the forms above."""
    rest, tilde, variant = text.rpartition("~")
    if not tilde or not VARIANT.fullmatch(variant) or rest.endswith("/"):
        # In a path, ~ is somebody's home; and most servers are asked for without a variant.
        rest, variant = text, ""
    match = NAME.match(rest)
    if match is None:
        raise UsageError(f"{text!r} does not name a {sort}", hint=FORMS[sort])
    name, source = match[0], rest[match.end() :]
    return Wanted(name, release_of(source, text, sort), variant)


def release_of(source: str, text: str, sort: str = SERVER) -> Release:
    """The release that stands behind the name of a server or a framework; ``text`` is the whole option, for messages.
    Raises UsageError."""
    if not source:
        return PINNED
    if source.startswith("=="):
        return Version(version_of(source[2:], text, sort))
    if source.startswith("@git+"):
        return branch_of(source.removeprefix("@git+"), text)
    if source.startswith("@") and "://" in source:
        raise UsageError(
            f"{text!r} is neither a folder nor a repository", hint=f"like {text.partition('@')[0]}@git+URL@BRANCH"
        )
    if source.startswith("@") and source != "@":
        folder = Path(source[1:]).expanduser()
        return Checkout(folder.absolute(), label_of(folder.absolute().name), source)
    if source.startswith(","):
        raise UsageError(f"{text!r} is not the name of one {sort}", hint=f"for several, repeat --{sort}")
    raise UsageError(f"{text!r} does not name a release", hint=FORMS[sort])


def version_of(number: str, text: str, sort: str = SERVER) -> str:
    """A version as it stands in a target's id. Raises UsageError where it is none."""
    try:
        return str(Number(number))
    except InvalidVersion:
        hint = f"one version, like ==26.2.0; for several, repeat --{sort}"
        raise UsageError(f"{number!r} in {text!r} is not a version", hint=hint) from None


def branch_of(address: str, text: str) -> GitReference:
    """The repository and what is wanted of it. Raises UsageError for an address without a scheme or a path."""
    parts = urlsplit(address)
    path, _, ref = parts.path.rpartition("@") if "@" in parts.path else (parts.path, "", "")
    if not parts.scheme or not path.strip("/"):
        hint = f"like {text.partition('@')[0]}@git+https://host/project@branch"
        raise UsageError(f"{text!r} has no repository address", hint=hint)
    below = [word.partition("=")[2] for word in parts.fragment.split("&") if word.startswith("subdirectory=")]
    name = path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    url = parts._replace(path=path, fragment="").geturl()
    if parts.scheme == "file" and not url.startswith("file://"):
        url = "file://" + path
    source = "@git+" + parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return GitReference(url, ref, label_of(ref or name), below[0] if below else "", source)


def label_of(name: str) -> str:
    """A name as a word for a target's id."""
    return UNSAFE.sub("-", name).strip("-") or "checkout"
