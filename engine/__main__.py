"""The entry point of ``engine`` and of ``python -m engine``."""

from __future__ import annotations

import sys

from engine.cli import start


def main() -> int:
    """Run the command of ``sys.argv``; returns the exit code."""
    start.open_streams()
    start.end_on_interrupt()
    from engine.cli import main as command_line  # noqa: PLC0415 - it imports much

    return command_line.main()


if __name__ == "__main__":
    sys.exit(main())
