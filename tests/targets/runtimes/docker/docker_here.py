"""A Docker engine of a test's own, without any Docker: it records the client's requests, and refuses those that a test
chooses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound


class Thing:
    """A container or a network."""

    def __init__(self, shelf: Shelf, name: str, labels: Mapping[str, str], more: Mapping[str, Any]) -> None:
        self.name = name
        self.id = f"id-{len(shelf.things)}"
        self.labels = dict(labels)
        self.more = dict(more)
        self.attrs: dict[str, Any] = {
            "Labels": self.labels,
            "State": {"Pid": 0},
            "IPAM": {"Config": [{"Subnet": "172.30.0.0/29"}]},
        }
        self.started = False
        self.words = b""
        self.code = 0
        self._shelf = shelf

    def start(self) -> None:
        if self._shelf.refuses_start:
            raise APIError("500 Server Error", explanation=self._shelf.refuses_start)
        self.started = True

    def reload(self) -> None: ...

    def wait(self) -> dict[str, int]:
        return {"StatusCode": self.code}

    def kill(self, signal: object) -> None: ...

    def logs(self, tail: int) -> bytes:
        return self.words

    def remove(self, **more: object) -> None:
        if self not in self._shelf.things:
            raise NotFound("gone")
        self._shelf.things.remove(self)


class Shelf:
    """All containers, or all networks."""

    def __init__(self) -> None:
        self.things: list[Thing] = []
        self.refuses_start = ""

    def create(self, name: str, argv: object = None, labels: Mapping[str, str] | None = None, **more: Any) -> Thing:
        thing = Thing(self, name, labels or {}, {"argv": argv, **more})
        self.things.append(thing)
        return thing

    def list(self, filters: Mapping[str, list[str]], **more: object) -> list[Thing]:
        return [one for one in self.things if all(label in one.labels for label in filters["label"])]

    def run(self, image: str, argv: object, **more: object) -> bytes:
        return b'{"python": "3.12.1", "versions": {"Gunicorn": "27.0.1", "typing_extensions": "4"}}'


class FakeImages:
    """The images: those that were built."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def get(self, name: str) -> Any:
        if name not in self.names:
            raise ImageNotFound("no such image")
        return type("Image", (), {"id": "sha256:" + "ab" * 32})


class FakeApi:
    """The low-level client: it builds."""

    def __init__(self, images: FakeImages) -> None:
        self.images = images
        self.builds: list[dict[str, Any]] = []
        self.lines: list[dict[str, str]] = [{"stream": "Step 1/2 : FROM x"}, {"stream": "done\n"}]

    def build(self, **order: Any) -> Iterator[dict[str, str]]:
        self.builds.append(order)
        if not any("error" in line for line in self.lines):
            self.images.names.add(order["tag"])
        return iter(self.lines)

    def create_endpoint_config(self, **more: Any) -> dict[str, Any]:
        return more


class FakeDocker:
    """The client."""

    def __init__(self) -> None:
        self.containers = Shelf()
        self.networks = Shelf()
        self.images = FakeImages()
        self.api = FakeApi(self.images)

    def ping(self) -> bool:
        return True
