"""The connection to the scheduler of a Dask cluster. Dask is an extra, and imported here only."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError

FORM = re.compile(r"(dask|tls)://(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})/?")
# The resource of a worker: so many targets run there at a time.
RESOURCE = "targets"
WITHIN = 15.0  # seconds until the scheduler has to answer
INSTALL = "python -m pip install 'asgi-conformance-engine[dask]'"
CERTIFICATES = "distributed.comm.tls.ca-file, and client.cert and client.key, in dask's configuration"


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """The address of a scheduler. ``tls`` is true unless it is on this machine and was named with ``dask://``."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        return f"{'tls' if self.tls else 'tcp'}://{self.host}:{self.port}"


def address_of(word: str) -> ClusterAddress:
    """The address that ``--on`` names. Raises UsageError."""
    form = FORM.fullmatch(word)
    if form is None or not 0 < int(form[3]) < 65536:
        raise UsageError(f"{word!r} is not the address of a cluster", hint="like --on dask://127.0.0.1:8786")
    return ClusterAddress(form[2], int(form[3]), form[1] == "tls" or not on_loopback(form[2]))


def on_loopback(host: str) -> bool:
    """True if an address never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Cluster:
    """A connected client. Its methods may be called from any thread; what it calls back is in threads of Dask's."""

    def __init__(self, client: Any, address: ClusterAddress) -> None:
        self._client = client
        self.address = address

    def listen(self, topic: str, take: Callable[[Mapping[str, Any]], None]) -> None:
        """Call ``take`` with each event of a topic from now on."""
        self._client.subscribe_topic(topic, lambda event: take(event[1]))

    def submit(
        self,
        work: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        orders: Iterable[tuple[str, Mapping[str, Any]]],
        ended: Callable[[str, Mapping[str, Any] | None, str], None],
    ) -> Sequence[Any]:
        """Send tasks, each with its name; returns what ``cancel`` takes. ``ended`` is called with the name of each that
        has ended, and with its value, or with the reason why it has none."""
        futures = []
        for name, order in orders:
            future = self._client.submit(
                work, order, key=f"{order['topic']}-{name}", resources={RESOURCE: 1}, pure=False
            )
            future.add_done_callback(lambda one, name=name: ended(name, *value_of(one)))
            futures.append(future)
        return futures

    def cancel(self, futures: Sequence[Any]) -> None:
        """Cancel tasks. Workers end theirs with the next result."""
        with suppress(Exception):  # the scheduler may be gone, and so are its tasks
            self._client.cancel(list(futures), force=True)

    def places(self) -> tuple[int, int]:
        """The number of workers, and the number of targets that they start at a time."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return len(workers), int(sum(one.get("resources", {}).get(RESOURCE, 0) for one in workers))

    def close(self) -> None:
        """Close the connection."""
        with suppress(Exception):  # nothing is lost by then
            self._client.close(timeout=2)


def value_of(future: Any) -> tuple[Mapping[str, Any] | None, str]:
    """The value of a task that has ended, or None with the reason."""
    if future.cancelled():
        return None, "the task was cancelled"
    try:
        return future.result(), ""
    except Exception as error:  # whatever a worker or the scheduler raised
        text = str(error).strip() or type(error).__name__
        return None, text.splitlines()[0]
    finally:
        future.release()  # else a worker that dies later has its finished tasks run again


def connect(word: str) -> Cluster:
    """Connect to the cluster that ``--on`` names. Raises UsageError where Dask is not installed, the address is wrong,
    there are no certificates, nothing answers, or no worker starts targets."""
    address = address_of(word)
    try:
        from distributed import Client  # noqa: PLC0415 - an extra, which takes half a second
        from distributed.security import Security  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("--on needs Dask, which is not installed", hint=INSTALL) from error
    security = Security(require_encryption=address.tls)
    if address.tls and not security.tls_ca_file:
        raise UsageError(f"{word} needs TLS, and dask's configuration has no certificates", hint=f"set {CERTIFICATES}")
    try:
        client = Client(str(address), security=security, timeout=WITHIN, set_as_default=False)
    except Exception as error:  # OSError, TimeoutError, errors of TLS, and dask's own
        why = str(error).strip().splitlines() or [type(error).__name__]
        hint = "start one with `dask scheduler`, and workers with `dask worker ADDRESS --resources targets=2`"
        raise UsageError(f"no Dask scheduler answers at {address}: {why[0]}", hint=hint) from error
    cluster = Cluster(client, address)
    workers, places = cluster.places()
    if workers and not places:
        cluster.close()
        what = f"none of the {workers} workers of {address} says how many targets it starts"
        raise UsageError(what, hint=f"start each with `dask worker {address} --resources {RESOURCE}=2`")
    return cluster
