"""The runtime of services that run already: nothing is started and nothing is ended, the engine only speaks to them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import StartError, UsageError
from engine.model.boundary import AppCall
from engine.model.protocols import Boundary
from engine.model.target import RUNNING, ExitStatus, ServerLaunch, Target, TargetInfo
from engine.model.tls import TlsCredentials
from engine.model.usage import Usage
from engine.registry import Registry
from engine.targets.catalog.frameworks import Framework, offered
from engine.targets.catalog.servers.base import Server
from engine.targets.matrix.fitting import speaks, through
from engine.targets.runtimes import readiness
from engine.targets.runtimes.external import URL_FORM
from engine.targets.runtimes.external.boundaries import Shared, Unseen
from engine.targets.runtimes.readiness import FirstResponse

# The time limit for an answer to GET /health from a listening service, in seconds.
ANSWER_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service that runs: which framework's app it is, where it listens, and the spool that its observer writes to,
    None where the engine cannot read that."""

    framework: str
    host: str
    port: int
    spool: Path | None = None

    @property
    def url(self) -> str:
        """Its URL, for people."""
        return f"http://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port as they stand in a Host header."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def services(texts: Sequence[str], frameworks: Registry[Framework], spools: str = "") -> dict[str, RunningService]:
    """The services that ``--url`` names, by framework. ``spools`` is the folder with a spool for each framework that
    has one, "" for none. Raises UsageError."""
    if not texts:
        raise UsageError(f"--runtime {RUNNING} needs to know where services are", hint=URL_FORM)
    found: dict[str, RunningService] = {}
    for text in texts:
        service = service_of(text, frameworks, spools)
        if service.framework in found:
            hint = "one run has one service of each framework"
            raise UsageError(f"--url names {service.framework} twice", hint=hint)
        found[service.framework] = service
    return found


def service_of(text: str, frameworks: Registry[Framework], spools: str = "") -> RunningService:
    """The service that one ``--url`` names. Raises UsageError."""
    name, equals, url = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--url {text!r} is not NAME=URL", hint=URL_FORM)
    framework = frameworks.pick(name).name
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"--url {text!r}: {error}", hint=URL_FORM) from None
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError(f"--url {text!r}: {url!r} is not an http:// URL", hint=URL_FORM)
    if not port:
        raise UsageError(f"--url {text!r} has no port", hint=URL_FORM)
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise UsageError(f"--url {text!r} has more than a host and a port", hint=URL_FORM)
    spool = Path(spools).expanduser().absolute() / framework if spools else None
    return RunningService(framework, parts.hostname, port, spool if spool is not None and spool.is_dir() else None)


class RunningTarget:
    """A running service as a target. It implements ``engine.model.protocols.LiveTarget`` as far as possible from
    outside; stopping it does nothing."""

    def __init__(self, target: Target, service: RunningService, boundary: Boundary, facts: TargetInfo) -> None:
        self.target = target
        self.address = (service.host, service.port)
        self.upstream = self.address
        self.host = service.authority
        self.speaks = speaks(target)
        self.tls: TlsCredentials | None = None
        self.boundary = boundary
        self.facts = facts
        self.pid = 0
        self.ended: ExitStatus | None = None
        self.ended_at = 0.0
        self.workers_lost: Sequence[int] = ()
        self.logged = 0

    def greeting(self, own: tuple[str, int]) -> bytes:
        return b""

    async def check(self) -> ExitStatus | None:
        return None

    async def answers(self) -> bool:
        return True

    def log(self, since: int = 0) -> str:
        del since
        return ""

    def usage(self) -> Sequence[Usage]:
        return ()

    async def start(self, *, ready: bool = True) -> None:
        del ready
        raise StartError(f"{self.target.id} is already running, and the engine does not start it")

    def signal(self, number: int, pid: int = 0) -> bool:
        del number, pid
        return False

    async def wait(self) -> ExitStatus:
        raise StartError(f"{self.target.id} was not started by the engine, which cannot see it end")

    async def prepare_driving(self) -> None:
        raise StartError(f"{self.target.id} was not started by the engine, which cannot load its app")

    async def drive(self, order: Mapping[str, object]) -> str:
        del order
        await self.prepare_driving()
        return ""

    async def stop(self) -> ExitStatus | None:
        self.boundary.refresh()
        self.boundary.close()
        return None


class RunningRuntime:
    """Finds services where they are said to be."""

    name = RUNNING

    def __init__(
        self,
        services: Mapping[str, RunningService],
        frameworks: Mapping[str, Framework],
        servers: Mapping[str, Server],
        boundary_of: Callable[[Path], Boundary],
        *,
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        """``services`` are by their framework, ``servers`` by ``Target.configuration``; ``boundary_of`` makes the
        engine's side of a spool."""
        self._services = services
        self._frameworks = frameworks
        self._servers = servers
        self._boundary_of = boundary_of
        self._answer_within = answer_within

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> RunningTarget:
        """The target, once it has answered GET /health. Raises StartError where it does not answer, or as another
        than it is said to be."""
        target = launch.target
        service = self._services[target.framework]
        boundary: Boundary = Unseen()
        if service.spool is not None:
            try:
                boundary = Shared(self._boundary_of(service.spool), f"r{secrets.token_hex(3)}")
            except OSError as error:
                hint = "its owner is whoever made it: see docs/docker.md"
                raise StartError(f"the spool {service.spool} cannot be used: {error.strerror}", hint=hint) from None
        if prepare is not None:
            prepare(boundary)
        token = boundary.token(readiness.JOB, 1)
        answer = await self._asked(service, token)
        call = await self._reported(service, boundary, token)
        server = self._servers[target.configuration]
        check_answer(service, server, self._servers, answer, target)
        return RunningTarget(target, service, boundary, self._facts(target, server, answer, call))

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """Nothing: a service that is not the engine's is not probed."""
        del target, words
        return frozenset()

    async def _asked(self, service: RunningService, token: str) -> FirstResponse:
        """The answer to GET /health. Raises StartError."""
        # httpx takes a quarter of a second to import, and only these services need it.
        asking = await asyncio.to_thread(import_module, "engine.targets.runtimes.external.asking")
        try:
            async with asyncio.timeout(self._answer_within):
                found: FirstResponse = await asking.ask((service.host, service.port), token, service.authority)
                return found
        except TimeoutError:
            what = f"{service.url} took a connection and did not answer GET /health in {self._answer_within:g} s"
            raise StartError(what, hint=f"is that {service.framework}, and does it still start?") from None
        except EOFError:
            raise StartError(
                f"{service.url} closed the connection without an answer to GET /health",
                hint=f"is that {service.framework}, and does it still start?",
            ) from None
        except readiness.NotReady as trouble:
            raise StartError(f"{service.url}: {trouble}", hint="does it speak HTTP/1.1 without TLS?") from None
        except OSError as error:
            raise StartError(
                f"connection refused by {service.url}, the address of {service.framework} ({error.strerror or error})",
                hint=f"start it (docker compose up -d {service.framework}), or correct --url",
            ) from None

    async def _reported(self, service: RunningService, boundary: Boundary, token: str) -> AppCall | None:
        """The call as the observer has it, None without a spool. Raises StartError where it is not there."""
        if service.spool is None:
            return None
        call = await readiness.reported(boundary, token)
        if call is None:
            raise StartError(
                f"{service.url} answered, but no record of it is on the spool {service.spool}",
                hint="start the service with that folder as its spool (docs/docker.md), or unset ENGINE_DESK",
            )
        return call

    def _facts(self, target: Target, server: Server, answer: FirstResponse, call: AppCall | None) -> TargetInfo:
        """The facts that can be seen from outside."""
        product, version = product_of(answer)
        version = version if product == server.package.lower() else ""
        words = through(offered(server.claims, self._frameworks[target.framework]), target)
        return TargetInfo(
            loop=call.loop if call is not None else "",
            versions={server.package: version} if version else {},
            version=version,
            offers=tuple(sorted(words)),
        )


def check_answer(
    service: RunningService, server: Server, servers: Mapping[str, Server], answer: FirstResponse, target: Target
) -> None:
    """See to it that a service answers as the one that it is said to be. Raises StartError."""
    product, _ = product_of(answer)
    known = {one.package.lower(): name for name, one in servers.items() if one.package}
    if product in known and product != server.package.lower():
        hint = f"name the one that it is: --server {known[product]}"
        raise StartError(f"{service.url} says that it is {product}, and not {server.package}", hint=hint)
    if answer.status != 200 and target.interface == "asgi":
        hint = f"is that {service.framework}? see its log: docker compose logs {service.framework}"
        raise StartError(f"{service.url} answered GET /health with {answer.status}", hint=hint)


def product_of(answer: FirstResponse) -> tuple[str, str]:
    """The first product of the field ``server`` and its version, "" where there is none (RFC 9110, section 10.2.4)."""
    head = answer.rest.partition(b"\r\n\r\n")[0].decode("latin-1")
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "server" and value.strip():
            product, _, version = value.split()[0].partition("/")
            # Hypercorn adds the protocol: hypercorn-h11.
            return product.lower().removesuffix("-h11").removesuffix("-h2"), version
    return "", ""
