"""Calls that may take only so much memory."""

from __future__ import annotations

import os
import resource
import sys
import traceback
from collections.abc import Callable

import psutil


def within(size: int, call: Callable[[], object]) -> bool:
    """True if a call succeeds in a process of its own that may use ``size`` bytes more than this one.

    Systems other than Linux do not enforce the limit; there the call only has to succeed.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if sys.platform == "linux":
                limit = psutil.Process().memory_info().data + size
                resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
            call()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
