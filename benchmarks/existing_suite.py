"""gunicorn's own suite of ASGI frameworks, run against this project's services.

    python -m benchmarks.existing_suite ../gunicorn [--server gunicorn] [-- PYTEST'S OPTIONS]

The folder is a checkout of gunicorn, which is only read. Its docker-compose.yml contains the frameworks and the ports
that its tests connect to; ``engine serve`` starts a local process on each port, in place of a container. pytest,
pytest-asyncio, httpx and websockets are those of this environment (the extra ``bench``). The exit code is pytest's; 2
if the folder is not such a checkout, 3 if a service does not start.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

SUITE = Path("tests", "docker", "asgi_framework_compat")
NEEDED = ("pytest_asyncio", "httpx", "websockets")
READY_WITHIN = 300.0  # an environment may have to be made first


class Trouble(Exception):
    """The reason why the suite cannot run, and the exit code."""

    def __init__(self, what: str, code: int) -> None:
        super().__init__(what)
        self.code = code


def suite_of(checkout: Path) -> Path:
    """The suite's folder in a checkout. Raises Trouble if there is none."""
    folder = checkout / SUITE
    if not (folder / "docker-compose.yml").is_file():
        raise Trouble(f"there is no {folder / 'docker-compose.yml'}: name a checkout of gunicorn", 2)
    return folder


def require(suite: Path) -> None:
    """Raises Trouble if the suite's conftest.py imports a library that this environment lacks."""
    conftest = suite / "conftest.py"
    text = conftest.read_text("utf-8", "replace") if conftest.is_file() else ""
    missing = [name for name in NEEDED if f"import {name}\n" in text and importlib.util.find_spec(name) is None]
    if missing:
        raise Trouble(f"{', '.join(missing)} is not installed: pip install -c constraints.txt -e '.[bench]'", 2)


def ports_of(suite: Path) -> dict[str, int]:
    """The host's port of each framework, as the suite declares it. Raises Trouble if it declares none."""
    declared = yaml.safe_load((suite / "docker-compose.yml").read_text("utf-8"))
    found = {}
    for name, service in declared.get("services", {}).items():
        for port in service.get("ports", ()):
            found[str(name)] = int(str(port).split(":")[0])
    if not found:
        raise Trouble(f"{suite / 'docker-compose.yml'} has no service with a port", 2)
    return found


@contextmanager
def services(targets: Mapping[str, int]) -> Iterator[None]:
    """Serve targets, each on its port, while the block runs. Raises Trouble if one does not start."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        begun = []
        for target, port in targets.items():
            said = folder / f"{target}.txt"
            command = [sys.executable, "-m", "engine", "serve", target, "--port", str(port)]
            with said.open("wb") as file:
                process = subprocess.Popen(command, stdout=file, stderr=file)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            begun.append((target, process, said))
        deadline = time.monotonic() + READY_WITHIN
        for target, process, said in begun:
            while f"{target} on http" not in said.read_text("utf-8", "replace"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Trouble(f"{target} did not start\n{said.read_text('utf-8', 'replace')}", 3)
                time.sleep(0.1)
        yield


def run(suite: Path, options: Sequence[str]) -> int:
    """Run the suite's tests unchanged, with nothing written into the checkout. Returns pytest's exit code."""
    own = ["-p", "no:cacheprovider", "--skip-docker-check"]
    command = [sys.executable, "-m", "pytest", *own, *options, str(suite / "tests")]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=suite, env=environment, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the services, run the suite, and stop them. Returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("checkout", type=Path, help="a folder with gunicorn's sources")
    parser.add_argument("--server", default="gunicorn", help="the server for the apps (gunicorn)")
    parser.add_argument("options", nargs="*", default=["-q"], metavar="OPTION", help="options of pytest, after --")
    parsed = parser.parse_args(arguments)
    try:
        suite = suite_of(parsed.checkout.resolve())
        require(suite)
        targets = {f"{parsed.server}-{name}-auto": port for name, port in ports_of(suite).items()}
        with services(targets):
            return run(suite, parsed.options)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return trouble.code


if __name__ == "__main__":
    sys.exit(main())
