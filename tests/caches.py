"""Caches of tests: empty, except for the documents that have been read already.

Reading the corpus takes ten seconds of processor time. What is cached of a document depends only on its text, on the
engine's code and on the clauses, so tests with a cache of their own may share it.
"""

from __future__ import annotations

from pathlib import Path

from engine.targets.environments.cache import default_cache

DOCUMENTS = "documents"


def with_documents(folder: Path) -> Path:
    """Make ``folder`` a cache with the documents of the default one, and return it."""
    there = default_cache() / DOCUMENTS
    there.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / DOCUMENTS).exists():
        (folder / DOCUMENTS).symlink_to(there)
    return folder
