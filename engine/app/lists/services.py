"""Lists of what can be started: frameworks, servers, targets."""

from __future__ import annotations

import shlex
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from engine.app.lists.base import Listing, ListKind, Stock, rows
from engine.model.target import DIRECT, Target
from engine.results.analysis.attribution import REFERENCE
from engine.targets.catalog.frameworks import CAPABILITIES, DISCONNECT, WSGI
from engine.targets.catalog.gateways import load_gateways
from engine.targets.environments.packages import pins
from engine.targets.matrix.fitting import NAMES, reaches


def pinned(lock: Path) -> dict[str, str]:
    """The versions that a lock pins for this Python and machine, by package; empty if it cannot be read."""
    try:
        wanted = [Requirement(line) for line in pins(lock.read_text("utf-8"))]
    except (OSError, InvalidRequirement):
        return {}
    return {
        canonicalize_name(one.name): next(iter(one.specifier)).version
        for one in wanted
        if one.specifier and (one.marker is None or one.marker.evaluate())
    }


def versions(lock: Path, names: tuple[str, ...]) -> dict[str, str]:
    """The versions that a lock pins of some packages."""
    found = pinned(lock)
    return {name: found[name] for name in names if name in found}


def frameworks(stock: Stock) -> Listing:
    """The folders of frameworks."""
    items = [
        {
            "name": one.name,
            "title": one.title,
            "versions": versions(one.lock, one.packages),
            "interface": one.interface,
            "offers": sorted(one.offers),
            "waits_for_disconnect": one.waits_for_disconnect,
            "app": one.app,
            "note": one.note,
        }
        for one in stock.engine.frameworks.values()
    ]
    table = []
    for one in stock.engine.frameworks.values():
        found = versions(one.lock, one.packages)
        named = ", ".join(f"{name} {version}" for name, version in found.items()) or "no package"
        title = f"{one.title}, through WSGI" if one.interface == WSGI and WSGI.upper() not in one.title else one.title
        offers = f"\noffers {', '.join(sorted(one.offers))}" if one.offers else ""
        table.append((one.name, f"{title}: {named}{offers}"))
    return Listing(items, ("framework", "description"), rows(table))


def servers(stock: Stock) -> Listing:
    """The servers, with the options that cases may give them."""
    items = []
    table = []
    for one in stock.engine.servers.values():
        version = pinned(one.lock).get(one.package, "")
        mutants = one.mutants() if stock.mutants else {}
        items.append(
            {
                "name": one.name,
                "title": one.title,
                "version": version,
                "loops": list(one.loops),
                "offers": sorted(one.offers),
                "options": sorted(one.options),
                "speaks": sorted(one.speaks),
                "speaks_in_some_releases": sorted(one.asks),
                "interfaces": sorted(one.interfaces),
                "package": one.package,
                "since": dict(one.since),
                "variants": [
                    {"name": each.name, "flags": list(each.flags), "pins": list(each.pins), "summary": each.summary}
                    for each in one.variants
                ],
                **({"mutants": dict(mutants)} if stock.mutants else {}),
            }
        )
        interfaces = ", ".join(NAMES[word] for word in sorted(one.interfaces))
        text = f"{one.title}\n{interfaces} over {', '.join(NAMES[word] for word in sorted(one.speaks))}"
        text += "".join(f"; {NAMES[word]} in some releases" for word in sorted(one.asks))
        if one.offers:
            text += f"\noffers {', '.join(sorted(one.offers))}"
        if one.options:
            text += f"\noptions {', '.join(sorted(one.options))}"
        text += "".join(f"\n~{each.name}: {shlex.join([*each.pins, *each.flags])}" for each in one.variants)
        text += "".join(f"\n~{name}: {what}" for name, what in mutants.items())
        if one.name == REFERENCE and not stock.mutants:
            text += "\nmutants with one fault each; --mutants lists them"
        table.append((one.name, version, ", ".join(one.loops), text))
    return Listing(items, ("server", "version", "loops", "description"), rows(table))


def gateway_names() -> list[str]:
    """The values of ``--gateway``: ``direct`` and the gateways."""
    return [DIRECT, *load_gateways()]


def gateways(stock: Stock) -> Listing:
    """The gateways, with the servers behind them."""
    items = [
        {
            "name": one.name,
            "title": one.title,
            "speaks": one.speaks,
            "options": sorted(one.options),
            "servers": [server.name for server in stock.engine.servers.values() if reaches(one.name, server)],
        }
        for one in load_gateways().values()
    ]
    table = [
        (
            str(item["name"]),
            f"{item['title']}\noptions {', '.join(item['options'])}\nin front of {', '.join(item['servers'])}",
        )
        for item in items
    ]
    return Listing(items, ("gateway", "description, and the servers behind it"), rows(table))


def capabilities(stock: Stock) -> Listing:
    """The capabilities that a case may need, with the servers that claim them."""
    items = [
        {
            "name": word,
            "summary": summary,
            "servers": [one.name for one in stock.engine.servers.values() if word in one.claims],
            "frameworks": [
                one.name
                for one in stock.engine.frameworks.values()
                if word in one.offers or (word == DISCONNECT and one.waits_for_disconnect)
            ],
        }
        for word, summary in CAPABILITIES.items()
    ]
    table = [
        (str(item["name"]), f"{item['summary']}\n{', '.join(map(str, item['servers'])) or 'no server'}")
        for item in items
    ]
    return Listing(items, ("capability", "meaning, and the servers that offer it"), rows(table))


def targets(stock: Stock) -> Listing:
    """Every server with every framework that it serves on every loop, behind its own gateway; how many cases run."""
    run, out = stock.job_counts
    items = [
        {
            "id": target.id,
            "server": target.server,
            "release": target.release,
            "variant": target.variant,
            "framework": target.framework,
            "framework_release": target.framework_release,
            "loop": target.loop,
            "gateway": target.gateway,
            "runtime": target.runtime,
            "cases": run[target],
            "left_out": out[target],
        }
        for target in stock.targets
    ]
    table = [(target.id, str(run[target]), str(out[target]), what(stock, target)) for target in stock.targets]
    return Listing(items, ("target", "cases", "left out", "description"), rows(table))


def what(stock: Stock, target: Target) -> str:
    """A target in words."""
    loop = "the server's own loop" if target.loop == "auto" else target.loop
    if target.interface == WSGI:
        loop = "no loop"
    behind = "" if target.gateway == DIRECT else f", behind {target.gateway}"
    return f"{stock.engine.frameworks[target.framework].title}, {loop}{behind}"


SORTS = (
    ListKind("frameworks", "frameworks of the apps", frameworks),
    ListKind("servers", "servers, with their options and variants", servers),
    ListKind("gateways", "proxies in front of servers", gateways),
    ListKind("capabilities", "features that a case may need", capabilities),
    ListKind("targets", "server x framework x loop x gateway; commands take these ids", targets, filtered=True),
)
