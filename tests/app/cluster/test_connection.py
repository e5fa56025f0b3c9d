"""Addresses of clusters, and everything that is refused before a task is sent."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from engine.app.cluster.connection import address_of, connect, value_of
from engine.errors import UsageError


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("dask://127.0.0.1:8786", "tcp://127.0.0.1:8786"),
        ("dask://localhost:8786/", "tcp://localhost:8786"),
        ("dask://[::1]:8786", "tcp://[::1]:8786"),
        ("tls://127.0.0.1:8786", "tls://127.0.0.1:8786"),
        ("dask://10.0.0.7:8786", "tls://10.0.0.7:8786"),
        ("dask://scheduler.example.org:8786", "tls://scheduler.example.org:8786"),
        ("dask://0.0.0.0:8786", "tls://0.0.0.0:8786"),
        ("dask://127.0.0.1.example.org:8786", "tls://127.0.0.1.example.org:8786"),
    ],
)
def test_only_this_machine_is_reached_without_tls(word: str, found: str) -> None:
    assert str(address_of(word)) == found


@pytest.mark.parametrize("word", ["127.0.0.1:8786", "tcp://10.0.0.7:8786", "dask://", "dask://host", "dask://h:99999"])
def test_no_address_of_a_cluster(word: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a cluster") as raised:
        address_of(word)
    assert "dask://127.0.0.1:8786" in raised.value.hint


def test_without_dask_the_message_has_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any, **named: Any) -> Any:
        if name.startswith("distributed"):
            raise ModuleNotFoundError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match="Dask, which is not installed") as raised:
        connect("dask://127.0.0.1:1")
    assert raised.value.hint == "python -m pip install 'asgi-conformance-engine[dask]'"


class Future:
    def __init__(self, value: Any, *, cancelled: bool = False) -> None:
        self.value = value
        self.released = False
        self._cancelled = cancelled

    def cancelled(self) -> bool:
        return self._cancelled

    def result(self) -> Any:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def release(self) -> None:
        self.released = True


def test_the_value_of_a_task_or_the_reason_why_there_is_none() -> None:
    done = Future({"lines": []})
    assert value_of(done) == ({"lines": []}, "")
    assert done.released, "a worker that dies later would have its finished tasks run again"
    assert value_of(Future(RuntimeError("the worker\nis gone"))) == (None, "the worker")
    assert value_of(Future(RuntimeError())) == (None, "RuntimeError")
    assert value_of(Future({}, cancelled=True)) == (None, "the task was cancelled")
