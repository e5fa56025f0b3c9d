"""The input of a site: runs, and what the engine declares about clauses, servers, cases and known bugs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.bug import Bug
from engine.model.clause import Clause
from engine.reports.view import GridReport


@dataclass(frozen=True, slots=True)
class DeclaredServer:
    """The claims of a server: ``capabilities`` in the words of ``needs``, ``options`` in the engine's words, and
    ``variants`` as pairs of a name and its summary. ``since`` has the first release with a capability or an option,
    where an older one is known without it. ``title`` and ``package`` are for readers."""

    name: str
    title: str = ""
    package: str = ""
    interfaces: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    variants: tuple[tuple[str, str], ...] = ()
    since: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclaredCase:
    """The part of a case that a site shows: the capabilities that it needs, and the options of the server that it
    sets."""

    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteSource:
    """Everything that a site is made from.

    Attributes:
        reports: the runs, already redacted, with the causes of their failures; the oldest first.
        clauses: the clauses of the standards by id, in the order of their documents.
        bugs: known bugs of servers and frameworks, with the releases that have and that fixed them.
        servers: the declared servers by name.
        cases: the declared cases by address.
        capabilities: the words of capabilities with a sentence about each.
        extensions: the names of ASGI extensions by the capability that stands for them.
    """

    reports: tuple[GridReport, ...]
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    bugs: tuple[Bug, ...] = ()
    servers: Mapping[str, DeclaredServer] = field(default_factory=dict)
    cases: Mapping[str, DeclaredCase] = field(default_factory=dict)
    capabilities: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)
