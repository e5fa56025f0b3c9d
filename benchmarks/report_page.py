"""The size and the speed of the page of a large run, in a real browser.

    python -m benchmarks.report_page RUN [--results 20000 --details 500] [-o FILE]

The cases of a run are repeated under other names until there are so many results, of which so many keep their details.
Printed are the time and the memory of the report itself, the size of the page, the first paint, the time from
navigation until a click on a failing cell shows its list (median of 5, and at a quarter of the CPU), the time of a
filter of the list and of the matrix, and the heap. The time of the page's own thread is what a filter costs on any
machine: other programs make the elapsed time longer.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import shutil
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from engine.model.verdict import JobResult, Verdict
from engine.reports.page.document import page
from engine.reports.view import GridReport
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run, read

TIMES = 5
CLICK = "tr:not(.group) td.s-known a.cell, tr:not(.group) td.s-failing a.cell"


def enlarged(run: Run, results: int, details: int) -> Run:
    """A run with so many results, of which so many are reported."""
    found: list[JobResult] = []
    kept = 0
    for one, copy in _copies(run, results):
        reported = one.verdict.reported and kept < details
        kept += reported
        plain = replace(
            one, verdict=Verdict.PASS, reason="", mismatches=(), warnings=(), transcript=None, reproduce="", log="",
            excuse=None, recheck=None,
        )  # fmt: skip
        found.append(replace(one if reported else plain, case=f"{one.case}[{copy}]" if copy else one.case))
    return replace(run, results=tuple(found))


def _copies(run: Run, results: int) -> Iterator[tuple[JobResult, int]]:
    """Results of a run with the number of their copy, the reported ones of each copy first."""
    order = sorted(run.results, key=lambda one: not one.verdict.reported)
    return itertools.islice(((one, copy) for copy in itertools.count() for one in order), results)


def made(run: Run, path: Path) -> float:
    """Write the page of a run. The seconds of the processor that it takes."""
    began = time.process_time()
    path.write_text(page(GridReport(run, grid_of(run), attributions(run))), encoding="utf-8")
    return time.process_time() - began


FILTERS = ("#/results?q=verdict:pass%20echo%20-loop:uvloop", "#/matrix?q=level:must")
"""A filter of the list, and one of the matrix."""


def filtered(tab: Any, session: Any, address: str) -> tuple[float, float]:
    """The seconds until the next frame after a filter, and those of them that the page's thread was running."""
    before = metrics(session)["TaskDuration"]
    elapsed = tab.evaluate(
        """(address) => new Promise((done) => {
          const began = performance.now();
          const shown = () => setTimeout(() => done(performance.now() - began));
          addEventListener('hashchange', () => requestAnimationFrame(shown), { once: true });
          location.hash = address;
        })""",
        address,
    )
    return elapsed / 1000, metrics(session)["TaskDuration"] - before


def metrics(session: Any) -> dict[str, float]:
    """The counters of the page's process."""
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def usable(browser: Any, path: Path, rate: int = 1) -> tuple[float, ...]:
    """The seconds to the first paint and to the list behind a failing cell; the heap in MB; for each filter the elapsed
    seconds and those of the page's thread."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    tab.add_init_script(
        f"""const step = () => {{
          const cell = document.querySelector({CLICK!r});
          if (cell && !window.clicked) {{ window.clicked = true; cell.click(); }}
          if (window.clicked && document.querySelector('a.result')) window.usable = performance.now();
          else requestAnimationFrame(step);
        }};
        requestAnimationFrame(step);"""
    )
    tab.goto(path.as_uri())
    tab.wait_for_function("() => window.usable")
    paint = tab.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = tab.evaluate("() => window.usable")
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    times = [seconds for address in FILTERS for seconds in filtered(tab, session, address)]
    session.send("HeapProfiler.collectGarbage")
    heap = metrics(session).get("JSHeapUsedSize", 0)
    context.close()
    return paint / 1000, ready / 1000, heap / 1_000_000, *times


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--results", type=int, default=20_000)
    parser.add_argument("--details", type=int, default=500)
    parser.add_argument("-o", "--output", type=Path, default=Path("report-page.html"))
    parsed = parser.parse_args()
    run = enlarged(read(parsed.run), parsed.results, parsed.details)
    seconds = made(run, parsed.output)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = parsed.output.stat().st_size / 1_000_000
    print(f"{len(run.results):,} results on {len(run.targets)} targets: {size:.2f} MB")
    print(f"written in {seconds:.1f} s of the processor, with {memory:.0f} MB of memory")
    with sync_playwright() as playwright:
        found = os.environ.get("ENGINE_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for rate in (1, 4):
            figures = [usable(browser, parsed.output.absolute(), rate) for _ in range(TIMES)]
            paint, ready, heap, *times = (statistics.median(column) for column in zip(*figures, strict=True))
            print(f"at 1/{rate} of the CPU: painted {paint:.2f} s, usable {ready:.2f} s, heap {heap:.0f} MB")
            for address, elapsed, busy in zip(FILTERS, times[::2], times[1::2], strict=True):
                print(f"  {address}: {elapsed * 1000:.0f} ms, {busy * 1000:.0f} ms of its thread")
        browser.close()


if __name__ == "__main__":
    main()
