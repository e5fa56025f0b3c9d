"""Addresses of cases as a person types them, and what they mean among the addresses that there are. Pure.

specs/http/wire.yaml::missing-host      one case
specs/http/scope.yaml::status[404]      one value of its matrix
specs/http/scope.yaml::status           every value
wire.yaml::missing-host, missing-host   the end of an address
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# A value of a matrix may have colons in its name. The file ends at its first suffix, where it has one.
FORMS = (re.compile(r"(.+?\.ya?ml)::(.*)", re.DOTALL), re.compile(r"([^\[]*?)::(.*)", re.DOTALL))


@dataclass(frozen=True, slots=True)
class Address:
    """A case's file, "" where none was named, and its id, with or without the name of a matrix's value."""

    file: str
    case: str

    def __str__(self) -> str:
        return f"{self.file}::{self.case}" if self.file else self.case


def parsed(text: str) -> Address:
    """Split an address, or an id, into file and case."""
    for form in FORMS:
        if match := form.fullmatch(text):
            return Address(match[1], match[2])
    return Address("", text)


def bare(address: str) -> str:
    """An address without the name of a matrix value."""
    one = parsed(address)
    return str(Address(one.file, one.case.partition("[")[0]))


def meant(text: str, addresses: Sequence[str], *, loosely: bool = False) -> list[str]:
    """The addresses that a typed text refers to: the equal one; else those that end with it at a ``/`` or ``::``; else
    the same without the names of matrix values; else, if ``loosely``, those that end with it anywhere. [] if none."""
    ends = tuple(f"{before}{text}" for before in ("/", "::"))
    bares = [(address, bare(address)) for address in addresses]
    ways = (
        [address for address in addresses if address == text],
        [address for address in addresses if address.endswith(ends)],
        [address for address, stem in bares if stem == text or stem.endswith(ends)],
        [address for address in addresses if loosely and address.endswith(text)],
    )
    return next((found for found in ways if found), [])
