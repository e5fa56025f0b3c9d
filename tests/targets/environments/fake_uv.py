"""Stands in for uv: makes a folder that resembles an environment, and writes down what it was asked.

FAKE_UV_LOG: where each call goes as a line. FAKE_UV_GATE: a named pipe that ``venv`` reads to its end before it does
anything. FAKE_UV_FAILS: words to fail ``pip`` with.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(words: list[str]) -> int:
    with open(os.environ["FAKE_UV_LOG"], "a") as log:
        log.write(" ".join(words) + "\n")
    if words[0] == "venv":
        if gate := os.environ.get("FAKE_UV_GATE"):
            Path(gate).read_bytes()
        folder = Path(words[-1])
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(words[words.index("--python") + 1])
        return 0
    if trouble := os.environ.get("FAKE_UV_FAILS"):
        print("Using Python 3\nerror: " + trouble, file=sys.stderr)
        return 2
    if words[1] == "compile":
        # Every requirement is a pin already, or the file of a checkout.
        Path(words[words.index("--output-file") + 1]).write_text(Path(words[-1]).read_text())
        return 0
    folder = Path(words[words.index("--python") + 1]).parent.parent
    site = folder / "lib" / "python3" / "site-packages"
    for number, word in enumerate(words):
        if word == "--requirements":
            for line in Path(words[number + 1]).read_text().splitlines():
                if line.startswith("#"):
                    continue
                name, _, version = line.partition("==")
                if not version:
                    name, version = line.partition(" @ ")[0], "0+checkout"
                info = site / f"{name}-{version}.dist-info"
                info.mkdir(parents=True)
                (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
