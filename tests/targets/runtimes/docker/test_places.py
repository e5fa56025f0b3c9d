"""The places for servers: one is free again when its server is gone and nobody will start another there."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import APIError

from engine.targets.runtimes.docker.places import NetworkSlots
from tests.targets.runtimes.docker.docker_here import FakeDocker


def test_a_place_is_used_again_once_it_is_free() -> None:
    fake = FakeDocker()
    places = NetworkSlots(fake, "net", {})
    one, other = places.take("image", None), places.take("image", None)
    assert (one.address[0], other.address[0]) == ("172.30.0.2", "172.30.0.3")
    one.enter()
    one.close()
    assert places.take("image", None) not in (one, other)
    one.leave()
    assert places.take("image", None) is one
    one.enter()
    one.leave()
    assert places.take("image", None) is not one, "its target may start another server there"


def test_closing_twice_frees_it_once() -> None:
    places = NetworkSlots(FakeDocker(), "net", {})
    one = places.take("image", None)
    one.close()
    one.close()
    assert places.take("image", None) is one
    assert places.take("image", None) is not one


def test_addresses_that_somebody_was_quicker_to_take_are_chosen_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeDocker()
    create, refusals = fake.networks.create, [True]

    def once(name: str, **more: Any) -> object:
        if "ipam" in more and refusals:
            refusals.pop()
            raise APIError("Pool overlaps with other one on this address space")
        return create(name, **more)

    monkeypatch.setattr(fake.networks, "create", once)
    NetworkSlots(fake, "net", {})
    assert [one.name for one in fake.networks.things] == ["net"]
