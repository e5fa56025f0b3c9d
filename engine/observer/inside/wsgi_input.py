"""A wrapper of ``wsgi.input`` that reports each reading, and otherwise behaves as the server's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

ReportRead = Callable[..., None]  # report(message), or report(None, "the class of the exception that reading raised")

READS = ("read", "read1", "readline")  # called with a size, or without one
INTO = ("readinto", "readinto1")  # called with a buffer


class Input:
    """The server's stream; ``report`` is called for each reading.

    A reading is reported as a message ``http.request``. Its ``more_body`` is False if the application can know that
    the body is complete: it read all, it read nothing, or it has read ``length`` bytes.
    """

    def __init__(self, stream: Any, report: ReportRead, length: int) -> None:
        """``length`` is the body's length in bytes, -1 if it is unknown."""
        self._stream = stream
        self._report = report
        self._left = length
        self._has_length = length >= 0

    def __iter__(self) -> Iterator[Any]:
        return _Lines(iter(self._stream), self)

    def __next__(self) -> Any:
        return next(_Lines(self._stream, self))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._stream, name)
        if name in READS:
            return self._reading(name, found)
        if name in INTO:
            return self._reading_into(name, found)
        return self._reading_lines(found) if name == "readlines" else found

    def report(self, piece: Any, by: str, size: Any, all_of_it: bool = False) -> None:
        """Report a piece that was read. ``size`` is the requested size, -1 without one."""
        if isinstance(piece, (bytes, bytearray)):
            self._left -= len(piece)
        over = all_of_it or (not piece and size != 0) or (self._has_length and self._left <= 0)
        self._report({"type": "http.request", "body": piece, "more_body": not over, "by": by, "asked": size})

    def failed(self, error: BaseException) -> None:
        """Report that reading raised."""
        self._report(None, type(error).__name__)

    def _reading(self, name: str, read: Any) -> Any:
        def reading(*args: Any, **kwargs: Any) -> Any:
            size = args[0] if args else next(iter(kwargs.values()), -1)
            size = -1 if size is None else size
            piece = self._tried(read, args, kwargs)
            self.report(piece, name, size, name == "read" and isinstance(size, int) and size < 0)
            return piece

        return reading

    def _reading_into(self, name: str, read: Any) -> Any:
        def reading(buffer: Any) -> Any:
            size = self._tried(read, (buffer,), {})
            with suppress(Exception):
                view = memoryview(buffer).cast("B")
                self.report(bytes(view[:size]) if isinstance(size, int) else b"", name, len(view))
            return size

        return reading

    def _reading_lines(self, read: Any) -> Any:
        def reading(*args: Any, **kwargs: Any) -> Any:
            lines = self._tried(read, args, kwargs)
            hint = args[0] if args else next(iter(kwargs.values()), -1)
            all_of_it = not isinstance(hint, int) or hint <= 0
            with suppress(Exception):  # lines that are none: what the server gave is the application's to complain of
                self.report(b"".join(lines), "readlines", -1 if hint is None else hint, all_of_it)
            return lines

        return reading

    def _tried(self, read: Any, args: Any, kwargs: Any) -> Any:
        try:
            return read(*args, **kwargs)
        except BaseException as error:
            self.failed(error)
            raise


class _Lines:
    """One iteration over the input's lines."""

    def __init__(self, lines: Any, report: Input) -> None:
        self._lines = lines
        self._input = report

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> Any:
        try:
            line = next(self._lines)
        except StopIteration:
            self._input.report(b"", "iteration", -1)
            raise
        except BaseException as error:
            self._input.failed(error)
            raise
        self._input.report(line, "iteration", -1)
        return line
