"""Packages of the engine's own that go into targets, laid out where a service can import them.

``inside`` goes into every target; a server may bring another one along (``Server.brings``). They are copied by path,
never imported: a copy is named after its content and kept in the cache, so that its bytecode is compiled once and not
at every start.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from engine.registry import places
from engine.targets.environments.cache import DRAFT, hold, note_size

SOURCE = Path(__file__).parents[2] / "observer" / "inside"
PACKAGE = "engine_inside"


COMMANDS = "ENGINE_COMMANDS"
"""The variable with the modules of extensions that have more commands for scripts."""


def packages() -> dict[str, Path]:
    """The packages that go into every service, by the names that it imports them by: the observer's, and those of
    extensions with commands for scripts."""
    more = {name.replace(".", "_"): Path(folder) for name, folder in places("commands").items()}
    return {PACKAGE: SOURCE, **more}


def variables() -> dict[str, str]:
    """The variables by which the observer's package finds the commands of extensions."""
    modules = [
        f"{package}.{path.stem}"
        for package, folder in packages().items()
        if package != PACKAGE
        for path in sorted(folder.glob("*.py"))
        if path.stem != "__init__"
    ]
    return {COMMANDS: ",".join(modules)} if modules else {}


def laid_out(cache: Path, source: Path = SOURCE, package: str = PACKAGE) -> Path:
    """A folder that holds ``source`` as the package ``package``, held from now on, and made where the cache lacks it.
    Raises OSError."""
    contents = contents_of(source)
    folder = cache / "inside" / digest_of(contents, package)
    while not (hold(folder) and folder.is_dir()):
        lay_out(contents, package, folder)
        note_size(folder)
    return folder


def lay_out(contents: Mapping[Path, bytes], package: str, folder: Path) -> None:
    """Write a package's modules; the complete folder appears by a rename, since two engines may do this at once. Raises
    OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder.parent))
    try:
        for name, content in contents.items():
            path = draft / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        draft.chmod(0o755)
        os.rename(draft, folder)
    except OSError:
        # Another engine was faster, which is fine; anything else is an error.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def contents_of(source: Path) -> dict[Path, bytes]:
    """The modules of a package, by their paths in it. Raises OSError."""
    files = sorted(path for path in source.rglob("*.py") if "__pycache__" not in path.parts)
    return {path.relative_to(source): path.read_bytes() for path in files}


def digest_of(contents: Mapping[Path, bytes], package: str) -> str:
    """The name of a copy: a digest of the package's name and of its modules."""
    digest = hashlib.sha256(package.encode())
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
