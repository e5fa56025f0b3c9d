"""The time that a multipart form with many parts needs.

The exit status is 1 if twice the parts need more than three times the time, 0 if they do not.
"""

from __future__ import annotations

import asyncio
import sys

from app import app
from support import drive


async def main() -> int:
    await drive(app, 10)
    times = []
    for parts in (5000, 10000, 20000):
        times.append(await drive(app, parts))
        print(f"{parts} parts: {times[-1]:.2f} s")
    shows = times[-1] > 3 * times[-2]
    print("The fault shows." if shows else "The fault does not show.")
    return int(shows)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
