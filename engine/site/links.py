"""The paths of a site's pages, from names that may have any character. Pure."""

from __future__ import annotations

import hashlib
import re

from engine.site.subjects import Subject

LONGEST = 80


def slug(name: str) -> str:
    """A name as a part of a path and of an anchor: as it is if it has only letters, digits, ``.``, ``_`` and ``-``,
    else with every other character as ``-`` and with a digest, so that no two names share one."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.")[:LONGEST]
    if plain == name:
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest


def clause_path(name: str) -> str:
    """The page of a clause."""
    return f"clauses/{slug(name)}.html"


def feature_path(name: str) -> str:
    """The page of a capability."""
    return f"features/{slug(name)}.html"


def category_path(name: str) -> str:
    """The page of a category of cases."""
    return f"features/category-{slug(name)}.html"


def standard_path(title: str) -> str:
    """The page of a document of clauses."""
    return f"standards/{words(title)}.html"


def server_path(name: str) -> str:
    """The page of a server."""
    return f"servers/{slug(name)}.html"


def framework_path(name: str) -> str:
    """The page of a framework."""
    return f"frameworks/{slug(name)}.html"


def release_path(name: str, version: str) -> str:
    """The page of a release of a server or a framework."""
    return f"releases/{slug(f'{name}-{version}')}.html"


def run_path(run: str) -> str:
    """The report of a run."""
    return f"runs/{slug(run)}.html"


def badge_path(name: str, standard: str = "") -> str:
    """The badge of a server, of one standard or of all."""
    return f"badges/{slug(name)}{f'-{words(standard)}' if standard else ''}.svg"


def subject_id(subject: Subject) -> str:
    """The anchor of a subject, and its id in the data: ``gunicorn-27.0.1``, and its lane if that is not plain ASGI."""
    lane = subject.lane
    words_ = [subject.name, subject.version, *([] if lane.interface == "asgi" else [lane.interface])]
    words_ += [] if lane.gateway == "direct" else [lane.gateway]
    words_ += [] if lane.http == "1.1" else [f"http{lane.http}"]
    return slug("-".join(word for word in words_ if word))


def words(title: str) -> str:
    """A title as a part of a path: ``HTTP/1.1 body framing`` is ``http-1.1-body-framing``."""
    plain = re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-.")
    return plain if re.fullmatch(r"[ -~]+", title) and len(plain) <= LONGEST and plain else slug(title)
