"""The code behind an exception or a message: the app's own files, or a package that they use.

A file belongs to the app if it is below the folder in which the app's module was found, and to a package if it is below
a ``site-packages``. The standard library, the server's loop and this package belong to nobody.

An exception is the app's if its traceback ends there: the last frame that belongs to anybody is in a file of the app.
It is a package's if no frame is the app's. If a package raises below a call from the app, either may be wrong: the app
may have called it wrongly. A chain of exceptions has the owner of its first one, and is a package's only if none of
them is the app's. An exception of ``send()`` or ``receive()`` is nobody's: its innermost frame is the observer's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import FrameType, TracebackType

from .tagged import quote

APP = "app"
NOBODY = ""
SITES = ("site-packages", "dist-packages")
MOST = 20  # exceptions of a chain, which could be a circle
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep

MIXED = "?"  # a package's, below a call from the app


class Owners:
    """The owners of source files, by the folder of the one app that a process loads."""

    def __init__(self) -> None:
        self._folder = ""
        self._owners: dict[str, str] = {}
        self._members: dict[str, str] = {}

    def app_found(self, module: str, file: str | None) -> None:
        """Remember the folder of the app, from the dotted name and the file of its module."""
        self._owners.clear()
        self._members.clear()
        folder = os.path.dirname(os.path.abspath(file)) if file else ""
        for _ in range(module.count(".") + (os.path.basename(file or "") == "__init__.py")):
            folder = os.path.dirname(folder)
        self._folder = folder + os.sep if folder else ""

    def owner(self, file: str) -> str:
        """The owner of a source file: APP, the name of a package, or NOBODY."""
        found = self._owners.get(file)
        if found is None:
            found = self._owners[file] = self._owner(os.path.abspath(file) if file[:1] != "<" else file)
        return found

    def _owner(self, file: str) -> str:
        parts = below_site(file)
        if parts:
            return parts[0].removesuffix(".py")
        return APP if self._folder and file.startswith(self._folder) else NOBODY

    def sender(self, frame: FrameType) -> str:
        """The member ``by`` of a record: the owner of the frame that called ``send()``; "" for nobody."""
        file = frame.f_code.co_filename
        found = self._members.get(file)
        if found is None:
            who = self.owner(file)
            found = self._members[file] = f',"by":{quote(who)}' if who else ""
        return found

    def raised_by(self, error: BaseException) -> tuple[str, str]:
        """The owner of an exception, and the place where it was raised, such as ``app.py:57``; both "" if unknown.
        Never raises."""
        try:
            found = [self._raised_by(one) for one in chain(error)]
            first, owners = found[-1], {who for who, _ in found if who}
            if first[0] == APP:
                return first
            if owners and not owners & {APP, MIXED}:
                return next(one for one in found if one[0])
        except Exception:  # an exception of a class of its own may do anything
            pass
        return NOBODY, ""

    def _raised_by(self, error: BaseException) -> tuple[str, str]:
        """The owner and the place of one exception of a chain."""
        last, place, of_app = NOBODY, "", False
        for file, line in frames(error.__traceback__):
            who = NOBODY if file.startswith(_HERE) else self.owner(file)
            if who:
                last, place, of_app = who, f"{self._display_path(file)}:{line}", of_app or who == APP
            elif file.startswith(_HERE):
                last, place = NOBODY, ""
        return (MIXED, place) if of_app and last not in (APP, NOBODY) else (last, place)

    def _display_path(self, file: str) -> str:
        """A file as a reader knows it: below the app's folder, or below ``site-packages``."""
        path = os.path.abspath(file)
        return "/".join(below_site(path)) or path.removeprefix(self._folder)


def below_site(file: str) -> list[str]:
    """The parts of a path below its last ``site-packages``; none without one."""
    parts = file.split(os.sep)
    found = [index for index, part in enumerate(parts) if part in SITES]
    return parts[found[-1] + 1 :] if found else []


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and those that it was raised from or while, the first of all last. A group of one is its member."""
    one: BaseException | None = error
    for _ in range(MOST):
        if one is None:
            return
        inner = getattr(one, "exceptions", None)
        if isinstance(inner, tuple) and len(inner) == 1 and isinstance(inner[0], BaseException):
            one = inner[0]
            continue
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def frames(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    """The files and lines of a traceback, the innermost last."""
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


OWNERS = Owners()
