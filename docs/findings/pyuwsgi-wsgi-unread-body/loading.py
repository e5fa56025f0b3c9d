"""The time that the app takes to load: 0 unless the environment variable LOADS_FOR has another, in seconds."""

from __future__ import annotations

import os
import sys
import time

VARIABLE = "LOADS_FOR"


def take_time() -> None:
    """Block for the time. The output of the server shows the beginning."""
    seconds = float(os.environ.get(VARIABLE, "0"))
    if seconds:
        print(f"the app is loading for {seconds:g} s", file=sys.stderr, flush=True)
        time.sleep(seconds)
