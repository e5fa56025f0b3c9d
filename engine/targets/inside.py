"""The package that goes into every target, laid out where a service can import it.

It is copied by path, never imported: the copy is named after its content and kept in the cache, so that its bytecode is
compiled once and not at every start.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "inside"
PACKAGE = "engine_inside"


def laid_out(cache: Path, source: Path = SOURCE) -> Path:
    """A folder that holds ``source`` as the package ``engine_inside``, made where the cache lacks it.

    Two engines may do so at once: the folder appears whole, by a rename. Raises OSError.
    """
    files = sorted(path for path in source.rglob("*.py") if "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    contents = {path.relative_to(source): path.read_bytes() for path in files}
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    folder = cache / "inside" / digest.hexdigest()[:16]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        for name, content in contents.items():
            path = draft / PACKAGE / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        draft.chmod(0o755)
        os.rename(draft, folder)
    except OSError:
        # Another engine was quicker, which is as good; anything else is told.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder
