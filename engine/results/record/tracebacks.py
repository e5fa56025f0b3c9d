"""Tracebacks of defects of the engine, kept in the folder of the run."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

FILE = "tracebacks.txt"


def keep(folder: Path, what: str, error: BaseException) -> str:
    """Append an exception's traceback to the file in a run's folder, under the name of ``what`` failed. Returns the end
    of a message that names the file; "" if it cannot be written."""
    path = folder / FILE
    text = "".join(traceback.format_exception(error))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{what}\n{text}\n")
    except OSError:
        return ""
    here = os.path.relpath(path)
    return f"; its traceback is in {path if here.startswith('..') else here}"
