"""Hints from the log of a target that did not start: the cause, and a way out. Pure: texts in, a sentence out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

LAST_LINES = 20
TRACEBACK = "Traceback (most recent call last)"
# A line of a traceback, but of Python's own machinery of imports.
FRAME = re.compile(r'^\s*File "([^"<]+)", line (\d+)', re.MULTILINE)
INSTALLED = "/site-packages/"
PORT_TAKEN = re.compile(r"(?i)address (?:already )?in use|connection in use")
# A line of more characters is cut.
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Clue:
    """A pattern of a log, and what it means. ``advice`` is given the last match."""

    pattern: re.Pattern[str]
    advice: Callable[[re.Match[str]], str]


def clue(pattern: str, advice: str) -> Clue:
    """A clue whose advice is a text, with the pattern's groups by number."""
    return Clue(re.compile(pattern, re.MULTILINE), lambda match: match.expand(advice))


def lacking(match: re.Match[str]) -> str:
    """A module that cannot be imported. Python imports a package before what is in it, so that a dotted name means that
    the package is there."""
    package, _, rest = match[1].rpartition(".")
    if match[1].partition(".")[0] == "engine_inside":
        return "the engine's own observer is not there: the installation of the engine is damaged"
    file, where = importer(match)
    if package:
        return f"{package!r} is installed and has no module {rest!r}{where}"
    if INSTALLED in file:
        return f"there is no module {rest!r}{where}: a typo, or a dependency that this package does not declare"
    return f"{rest!r} is in none of the environment's packages{where}: name it in requirements.in, and run engine lock"


def misnamed(match: re.Match[str]) -> str:
    """A name that a module does not have."""
    return f"{match[1]}{importer(match)[1]}: a typo, or its package has another version than is needed"


def importer(match: re.Match[str]) -> tuple[str, str]:
    """The file that made the import which failed, and where that is in words; both "" where the log does not say."""
    frames = FRAME.findall(match.string[: match.start()].rpartition(TRACEBACK)[2])
    if not frames:
        return "", ""
    file, line = frames[-1]
    return file, f" (imported in {file}, line {line})"


# The first that is found counts, so what is nearer to the cause stands first.
CLUES = (
    Clue(re.compile(r"^\s*(?:ModuleNotFoundError|ImportError): No module named '([^']+)'", re.MULTILINE), lacking),
    Clue(re.compile(r"^\s*ImportError: (cannot import name .+)$", re.MULTILINE), misnamed),
    clue(
        r'File "([^"]+)", line (\d+)(?:\n.*){1,4}\n\s*(SyntaxError|IndentationError|TabError): (.+)$',
        r"\3 in \1, line \2: \4",
    ),
    clue(r"Failed to find attribute '([^']+)' in '([^']+)'", r"module '\2' has no '\1': see 'app' in framework.yaml"),
    clue(
        PORT_TAKEN.pattern,
        "another process has the port: end it, or run again to use another port",
    ),
    clue(r"(?i)no space left on device", "a disk is full: TMPDIR has what targets write, ENGINE_CACHE environments"),
    clue(r"(?i)too many open files", "raise the limit of open files (ulimit -n)"),
    clue(r"(?i)cannot allocate memory|MemoryError", "the machine has too little memory for so many targets at once"),
    clue(
        r"(?i)(?:unrecognized arguments:|no such option:?|unrecognized option) +(.+)$",
        r"this version of the server has no flag \1: see --variant, 'server' in the case, "
        "or engine/targets/catalog/servers",
    ),
    clue(r"(?i)lifespan startup failed:? *(.*)$", r"the app's own startup failed; its traceback is in the log. \1"),
    clue(r"(?i)(permission denied|operation not permitted)(.*)$", r"\1\2: this user may not do that"),
    clue(
        r"^\s*(?:ssl\.)?SSL\w*Error: (.+)$|^OpenSSL\.SSL\.Error: (.+)$",
        r"its OpenSSL does not take what it was given for TLS: \1\2",
    ),
    clue(
        r"uvloop not available",
        "the server's environment has no uvloop: add it to the server's requirements and lock again",
    ),
    clue(r"^(\w*(?:Error|Exception)): (.+)$", r"the last exception in the log is \1: \2"),
)


def hint(log: str) -> str:
    """A way out, drawn from what a target wrote; "" where the log says nothing that is known."""
    for one in CLUES:
        matches = list(one.pattern.finditer(log))
        if matches:
            return one.advice(matches[-1]).strip()
    return ""


def port_taken(log: str) -> bool:
    """True if a log says that another process has the port."""
    return PORT_TAKEN.search(log) is not None


def tail(log: str, lines: int = LAST_LINES) -> str:
    """The last lines of a log; of a very long line its beginning."""
    found = log.rstrip().splitlines()[-lines:]
    return "\n".join(line if len(line) <= LONGEST else f"{line[:LONGEST]}…" for line in found)
