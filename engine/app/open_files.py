"""Room for open files: a run holds a few hundred sockets and pipes at a time, and some systems allow 256 by default."""

from __future__ import annotations

import resource
from contextlib import suppress

FILES = 4096


def raise_limit() -> None:
    """Raise this process's limit of open files as far as it may be raised without asking anybody."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
