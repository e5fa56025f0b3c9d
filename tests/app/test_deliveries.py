"""The deliveries and the client of a run, from the options to the cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.addresses import named
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.run_request import RunRequest
from engine.errors import UsageError
from engine.results.record.codec import result_from_json, result_to_json
from tests.results.baseline.test_baseline import FAIL

ENGINE = Engine(find())
FILE = "specs/contract/http-scope.yaml"


def ids(engine: Engine, *words: str) -> list[str]:
    """The cases of a command line."""
    what = named(words, engine)
    return [case.id for case in what.cases(engine.load(what.paths, what.roots))]


def test_each_case_of_a_run_has_its_delivery_and_client() -> None:
    whole = ids(ENGINE, FILE)
    assert ids(replace(ENGINE, deliveries=("bytes",)), FILE) == [
        f"{one[:-1]}-bytes]" if one.endswith("]") else f"{one}[bytes]" for one in whole
    ]
    assert len(ids(replace(ENGINE, deliveries=("all",)), FILE)) == 3 * len(whole)
    assert "type-is-http[library]" in ids(replace(ENGINE, client="all"), FILE)


@pytest.mark.parametrize("delivery", ["bytes", "utf-8", "library", "pieces-library"])
def test_an_address_names_a_delivery_that_its_case_does_not_declare(delivery: str) -> None:
    address = f"type-is-http[{delivery}]"
    assert ids(ENGINE, f"{FILE}::{address}") == ids(ENGINE, address) == [address]


def test_an_unknown_delivery_is_an_error() -> None:
    with pytest.raises(UsageError, match="there is no case"):
        ids(ENGINE, f"{FILE}::type-is-http[slowly]")


def test_another_process_reads_the_same_cases() -> None:
    engine = replace(ENGINE, deliveries=("pieces", "crlf"), client="library")
    request = RunRequest(engine, RunOptions(), (), "1", Path("run"))
    found = RunRequest.of_json(request.to_json()).engine
    assert (found.deliveries, found.client) == (("pieces", "crlf"), "library")


def test_a_record_has_how_the_bytes_were_sent() -> None:
    result = replace(FAIL, case="case[a-bytes]", sending="bytes")
    assert result_from_json(result_to_json(result)).sending == "bytes"
    assert "sending" not in result_to_json(FAIL)
