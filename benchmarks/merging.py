"""The time and the memory of a merge of many results.

    python -m benchmarks.merging [--results 100000 --shards 4 --failing 20]

Records of so many synthetic results are written, of which one in ``failing`` has traffic, and are merged by a process
of its own; a merge in another order must have the same bytes. Printed are the sizes, the seconds and the peak of the
memory.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine import version
from engine.results.record.format import CURRENT
from engine.results.record.store import FILE, text_of

CASES = 500


def write(folder: Path, shard: int, shards: int, results: int, failing: int) -> None:
    """Write the record of one shard."""
    every = [f"server{number}-control-auto" for number in range(max(results // CASES, shards))]
    places = {name: number % shards + 1 for number, name in enumerate(every)}
    own = [name for name in every if places[name] == shard]
    cases = [f"specs/s{number % 20}.yaml::case-{number}" for number in range(CASES)]
    note = {"shard": shard, "of": shards, "partition": "0123456789abcdef", "targets": places}
    header = {
        "kind": "header", "format": str(CURRENT), "run": folder.name, "started": 1000.0 + shard, "engine": version,
        "system": "Linux", "machine": {"cpu": f"cpu{shard}", "cores": 2}, "arguments": ["grid"], "targets": own,
        "categories": ["c"], "cases": cases, "digests": {}, "jobs": len(own) * CASES, "data": {"corpus": "1"},
        "shard": note,
    }  # fmt: skip
    data = base64.b64encode(os.urandom(1500)).decode()
    moments = [{"at": 0.1, "side": "wire", "subject": "1", "what": "sent", "data": data, "size": 1500}] * 6
    counts = {"pass": 0, "fail": 0}
    folder.mkdir(parents=True)
    with (folder / FILE).open("w") as file:
        print(text_of(header), file=file)
        for name in own:
            server = name.partition("-")[0]
            row = {"id": name, "server": server, "framework": "control", "loop": "auto", "gateway": "direct"}
            print(text_of({"kind": "target", **row, "runtime": "local", "python": "3.12.1"}), file=file)
            for number, address in enumerate(cases):
                suite, _, case = address.partition("::")
                verdict = "pass" if number % failing else "fail"
                counts[verdict] += 1
                line = {
                    "kind": "result", "case": case, "file": suite, "target": name, "category": "c", "level": "must",
                    "verdict": verdict, "seconds": 0.01, "started": 1000.0, "evaluated": 3, "cite": ["H1-17"],
                    "title": "A case with a title of the usual length", "tags": ["quick"],
                }  # fmt: skip
                if verdict == "fail":
                    line |= {"reason": "expected status 200, got 500", "transcript": {"moments": moments}}
                print(text_of(line), file=file)
        footer = {"kind": "footer", "ended": "whole", "finished": 2000.0, "counts": counts}
        print(text_of(footer), file=file)


def merge(folders: list[Path], output: Path) -> float:
    """Merge by a process of its own. The seconds that it takes."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "engine", "merge", *map(str, folders), "-o", f"{output}{os.sep}"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - began


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=int, default=100_000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--failing", type=int, default=20)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folders = [Path(folder, f"shard{number}") for number in range(1, parsed.shards + 1)]
        for number, one in enumerate(folders, 1):
            write(one, number, parsed.shards, parsed.results, parsed.failing)
        size = sum((one / FILE).stat().st_size for one in folders) / 1e6
        output = Path(folder, "merged")
        digests = []
        for order in (folders, folders[::-1]):
            seconds = merge(order, output)
            digests.append(hashlib.sha256((output / FILE).read_bytes()).hexdigest())
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    same = "the same bytes in both orders" if digests[0] == digests[1] else "OTHER BYTES in the other order"
    print(f"{parsed.results:,} results in {parsed.shards} records of {size:.0f} MB: merged in {seconds:.1f} s ", end="")
    print(f"with {memory:.0f} MB of memory; {same}")


if __name__ == "__main__":
    main()
