"""The time that a site of a run takes, and the number of its pages.

    python -m benchmarks.site RUN

Printed are the seconds of the processor for reading and redacting the run, for the pages with badges and data, and for
the report of the run, and what 600 pages take of the second.
"""

from __future__ import annotations

import argparse
import time

from engine.app.project_paths import find
from engine.app.sites import source_of
from engine.site.document import site


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parsed = parser.parse_args()
    began = time.process_time()
    source = source_of([parsed.run], find())
    read = time.process_time() - began
    pages = size = 0
    seconds = {"pages": 0.0, "reports": 0.0}
    last = time.process_time()
    for name, text in site(source):
        now = time.process_time()
        seconds["reports" if name.startswith("runs/") else "pages"] += now - last
        last = now
        pages += name.endswith(".html") and not name.startswith("runs/")
        size += len(text.encode("utf-8"))
    print(f"{len(source.reports[0].run.results):,} results: read and redacted in {read:.1f} s of the processor")
    print(f"{pages} pages with badges and data in {seconds['pages']:.2f} s, the report in {seconds['reports']:.2f} s")
    print(f"600 pages in {seconds['pages'] / pages * 600:.2f} s; {size / 1_000_000:.1f} MB in all")


if __name__ == "__main__":
    main()
