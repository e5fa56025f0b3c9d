"""The servers and frameworks of a run, each in one release, as ``--server``, ``--variant`` and ``--framework`` select
them. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from engine.errors import UsageError
from engine.model.target import configuration
from engine.registry import Registry, nearest
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.releases import (
    FORMS,
    FRAMEWORK,
    PLAIN,
    SERVER,
    VARIANT,
    Checkout,
    GitReference,
    Pinned,
    Release,
    Variant,
    Wanted,
    wanted,
)
from engine.targets.catalog.servers.base import Server

ALL = "all"
# The default servers.
DEFAULT = "gunicorn"
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[^=\s]+")

Released = TypeVar("Released", Server, Framework)


def configured(servers: Registry[Server], words: Sequence[str] = (), variants: Sequence[str] = ()) -> list[Server]:
    """The selected servers, each as a release and a variant: in the order of the registry, and those of one server in
    the given order, each once.

    ``words`` are the words of ``--server``: none selects only the default, ``all`` every server's pinned release, but
    for those that are selected by name only. ``variants`` are those of ``--variant``. Raises UsageError with the
    nearest name for an unknown name.
    """
    declared = declared_variants(variants)
    found: dict[str, Server] = {}
    used = set[str]()
    for text in words or [DEFAULT if DEFAULT in servers else ALL]:
        if text == ALL:
            found |= {server.name: server for server in servers.values() if not server.by_name_only}
            continue
        one = wanted(text)
        for server in named(servers, one.name):
            chosen = in_variant(server, one, declared)
            used.add(chosen.variant.name)
            chosen = replace(chosen, release=released(server, one.release, found.values(), SERVER))
            found[chosen.configuration] = chosen
    for name in declared:
        if name not in used:
            raise UsageError(f"no --server uses the variant {name!r}", hint=f"like --server {DEFAULT}~{name}")
    order = list(servers)
    return sorted(found.values(), key=lambda server: order.index(server.name))


def configured_frameworks(frameworks: Registry[Framework], words: Sequence[str] = ()) -> list[Framework]:
    """The frameworks that were asked for, each in a release: in the order of the registry, and those of one framework
    in the order in which they were asked for, each once.

    ``words`` are the words of ``--framework``; none of them asks for every framework's pinned release. Raises
    UsageError, which names the nearest, for a name that there is not.
    """
    if not words:
        return list(frameworks.values())
    found: dict[str, Framework] = {}
    for text in words:
        one = wanted(text, FRAMEWORK)
        framework = mutated(frameworks.pick(one.name), one, text)
        framework = replace(framework, release=released(framework, one.release, found.values(), FRAMEWORK))
        found[framework.configuration] = framework
    order = list(frameworks)
    return sorted(found.values(), key=lambda framework: order.index(framework.name))


def named(servers: Registry[Server], name: str) -> list[Server]:
    """The server of a name; or all that one package is, as ``uvicorn`` is two, without those that are selected by name
    only. Raises UsageError for neither."""
    if name in servers:
        return [servers[name]]
    several = [server for server in servers.values() if server.package == name and not server.by_name_only]
    if not several:
        raise UsageError(f"there is no server called {name!r}", hint=nearest(name, [*servers, ALL]))
    return several


def released(of: Released, release: Release, found: Iterable[Released], sort: str) -> Release:
    """The release of a server or a framework, its label made one that no other source of the same name in ``found``
    has. Raises UsageError for a server or a framework that has but one release."""
    if not isinstance(release, Pinned) and not of.package and of.own:
        hint = f"add `package` to its declaration, or select it with --{sort} {of.name}"
        raise UsageError(f"the declaration of {of.name} names no package, so it has no releases", hint=hint)
    if not isinstance(release, Pinned) and not of.package:
        raise UsageError(f"{of.name} is part of the engine and has no other release", hint=f"--{sort} {of.name}")
    if not isinstance(release, (Checkout, GitReference)):
        return release
    found, label, number = list(found), release.label, 1
    while True:
        same = [one.release for one in found if one.name == of.name and one.release.word == release.word]
        if all(replace_label(one, "") == replace_label(release, "") for one in same):
            return release
        number += 1
        release = replace(release, label=f"{label}.{number}")


def replace_label(release: Release, label: str) -> Release:
    """The release under another label, where it has one."""
    return replace(release, label=label) if isinstance(release, (Checkout, GitReference)) else release


def in_variant(server: Server, one: Wanted, declared: Mapping[str, Variant]) -> Server:
    """The server in the variant that was asked for. The command line's variants go before the server's own."""
    if not one.variant:
        return replace(server, variant=PLAIN)
    own = {variant.name: variant for variant in server.variants}
    variant = declared.get(one.variant) or own.get(one.variant)
    mutants = server.mutants() if variant is None else {}
    if variant is None and (what := mutants.get(one.variant) or server.generated(one.variant)):
        variant = Variant(one.variant, ("--mutant", one.variant), summary=what)
    if variant is None:
        known = nearest(one.variant, [*declared, *own])
        if mutants and not known.startswith("did"):
            known = near_mutant(one.variant, mutants)
        hint = f"{known}; " if known else ""
        raise UsageError(
            f"{server.name} has no variant called {one.variant!r}",
            hint=f"{hint}--variant '{one.variant}: FLAGS' makes one",
        )
    return replace(server, variant=variant)


def mutated(framework: Framework, one: Wanted, text: str) -> Framework:
    """The framework with the fault that ``one`` names, if it names one; ``text`` is the complete option. Raises
    UsageError for a framework without mutants, and for an unknown one."""
    if not one.variant:
        return framework
    known = framework.mutants()
    if not known:
        raise UsageError(f"{text!r} asks for a variant, and only servers have variants", hint=FORMS[FRAMEWORK])
    if one.variant not in known:
        raise UsageError(f"{framework.name} has no mutant called {one.variant!r}", hint=near_mutant(one.variant, known))
    return replace(framework, mutant=one.variant)


def near_mutant(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest of very many mutants, or with the command that lists them."""
    close = nearest(name, list(known))
    return close if close.startswith("did") else "`engine mutants --list` lists them"


def declared_variants(texts: Sequence[str]) -> dict[str, Variant]:
    """The variants of the command line, by name. Raises UsageError for one that is declared twice."""
    found: dict[str, Variant] = {}
    for text in texts:
        variant = variant_of(text)
        if found.setdefault(variant.name, variant) != variant:
            raise UsageError(f"the variant {variant.name!r} is declared twice", hint="give one of them another name")
    return found


def variant_of(text: str) -> Variant:
    """A variant from ``NAME: WORDS``. Words like ``h11==0.14.0`` that stand first are pins, all others the server's own
    flags, quoted as for a shell. Raises UsageError."""
    form = "like --variant 'two-workers: --workers 2' or --variant 'old-h11: h11==0.14.0'"
    name, colon, rest = (part.strip() for part in text.partition(":"))
    if not colon or not VARIANT.fullmatch(name):
        raise UsageError(f"{text!r} does not declare a variant", hint=form)
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise UsageError(f"the flags of the variant {name!r} cannot be read: {error}", hint=form) from None
    if not words:
        raise UsageError(f"the variant {name!r} changes nothing", hint=form)
    pins = 0
    while pins < len(words) and PIN.fullmatch(words[pins]):
        pins += 1
    return Variant(name, flags=tuple(words[pins:]), pins=tuple(words[:pins]), declared=text)


__all__ = ["ALL", "DEFAULT", "configuration", "configured", "variant_of"]
