"""Processes on this machine that a test started."""

from __future__ import annotations

from pathlib import Path


def processes(scratch: str) -> dict[int, str]:
    """The processes whose environment holds a text, and their command lines: those that a test's engine started."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if scratch in (folder / "environ").read_bytes().decode(errors="replace"):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[int(folder.name)] = words
        except OSError:
            continue
    return found
