"""The places of servers: small containers that hold an address of the run's network, with its port
published on this machine, in which servers come and go.

A server's own container takes its network with it when it ends, and who connects then hears nothing at all; where only
the server has gone, the connection is refused, as by any machine that is still there. A place is used again, and so
there are as many as servers at a time.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from docker.errors import APIError

from engine.errors import EnvironmentFailed
from engine.targets.environments import layout
from engine.targets.runtimes.docker.docking import asking

TRIES = 5
WAITS = ["-I", "-S", "-c", "import signal; signal.pause()"]


class NetworkSlot:
    """An address, and the container that holds it. It is free again once it is closed and nobody uses it."""

    def __init__(self, container: Any, host: str, free: Callable[[NetworkSlot], None]) -> None:
        self.container = container
        self.address = (host, layout.PORT)
        self.users = 0
        self._closed = False
        self._free = free

    def open(self) -> None:
        """Somebody has it from now on."""
        self._closed = False

    def enter(self) -> None:
        """A server is started there."""
        self.users += 1

    def leave(self) -> None:
        """A server there has been removed."""
        self.users -= 1
        self._look()

    def close(self) -> None:
        """Whoever has it will start no other server there."""
        if not self._closed:
            self._closed = True
            self._look()

    def _look(self) -> None:
        if self._closed and self.users == 0:
            self._free(self)


class NetworkSlots:
    """The places of one run, on its network. Its methods block, and are called one at a time."""

    def __init__(self, client: Any, name: str, labels: Mapping[str, str]) -> None:
        """Make the network. Docker chooses its addresses; they are then asked for again by name, since only from such
        can a container be given one. Raises EnvironmentFailed."""
        self._client = client
        self._labels = labels
        self._spare: list[NetworkSlot] = []
        for turn in range(TRIES):
            trial = asking("make a network", lambda: client.networks.create(name, labels=labels))
            subnet = subnet_of(trial)
            asking("remove a network", trial.remove)
            pools = {"Config": [{"Subnet": subnet}]}
            try:
                self.network = client.networks.create(name, ipam=pools, labels=labels)
                break
            except (APIError, OSError) as error:
                if turn + 1 == TRIES:
                    raise EnvironmentFailed("Docker could not make a network", hint=str(error)) from None
        self._hosts: Iterator[object] = iter(ipaddress.ip_network(subnet).hosts())
        next(self._hosts)  # the machine's own

    def take(self, image: str, user: str | None) -> NetworkSlot:
        """A place that nobody has; the container of a new one is of that image. Raises EnvironmentFailed."""
        if self._spare:
            place = self._spare.pop()
            place.open()
            return place
        host = str(next(self._hosts))
        at = self._client.api.create_endpoint_config(ipv4_address=host)
        container = asking(
            "create a container",
            lambda: self._client.containers.create(
                image, WAITS, entrypoint=[str(layout.PYTHON)], labels=self._labels, user=user, pid_mode="host",
                healthcheck={"test": ["NONE"]}, network=self.network.name, networking_config={self.network.name: at},
                ports={f"{layout.PORT}/tcp": ("127.0.0.1", None)},
            ),
        )  # fmt: skip
        asking("start a container", container.start)
        return NetworkSlot(container, host, self._spare.append)


def subnet_of(network: Any) -> str:
    """The addresses that Docker chose for a network. Raises EnvironmentFailed where it chose none."""
    asking("inspect a network", network.reload)
    for pool in network.attrs.get("IPAM", {}).get("Config") or ():
        if pool.get("Subnet") and ":" not in pool["Subnet"]:
            return str(pool["Subnet"])
    raise EnvironmentFailed(
        "Docker created a network without addresses", hint="docker network create x, and inspect it"
    )
