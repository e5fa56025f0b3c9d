from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import DocumentError
from engine.targets.catalog.contract import HTTP, WEBSOCKET, Contract, load_contract, load_wsgi_contract

FRAMEWORKS = Path(__file__).parents[3] / "frameworks"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(FRAMEWORKS)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/health", HTTP),
        ("GET", "/scope", HTTP),
        ("GET", "/scope?a=1", HTTP),
        ("GET", "/scope/a%20b", HTTP),
        ("GET", "/scope/a/b/", HTTP),
        ("GET", "/scope/", HTTP),
        ("GET", "/status/404", HTTP),
        ("POST", "/echo", HTTP),
        ("GET", "/lifespan/counter", HTTP),
        ("", "/ws/echo-binary", WEBSOCKET),
        ("GET", "/ws/close?code=1001", WEBSOCKET),
    ],
)
def test_what_the_contract_has(contract: Contract, method: str, path: str, kind: str) -> None:
    assert contract.knows(method, path, kind)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/health", HTTP),
        ("GET", "/health/deeper", HTTP),
        ("GET", "/scoped", HTTP),
        ("GET", "/status", HTTP),
        ("GET", "/status/", HTTP),
        ("GET", "/status/404/5", HTTP),
        ("GET", "/ws/echo", HTTP),
        ("GET", "/health", WEBSOCKET),
        ("GET", "/", HTTP),
        ("GET", "health", HTTP),
    ],
)
def test_what_the_contract_lacks(contract: Contract, method: str, path: str, kind: str) -> None:
    assert not contract.knows(method, path, kind)


def test_an_endpoint_may_need_a_capability(tmp_path: Path) -> None:
    text = "contract: T\nendpoints:\n  - {kind: http, method: GET, path: /a, needs: files, summary: s}\n"
    (tmp_path / "contract.yaml").write_text(text)
    assert [one.needs for one in load_contract(tmp_path).endpoints] == ["files"]
    (tmp_path / "contract.yaml").write_text(text.replace("files", "flies"))
    with pytest.raises(DocumentError) as caught:
        load_contract(tmp_path)
    assert "no app offers a capability called 'flies'" in caught.value.what


def test_the_nearest_endpoint_is_named(contract: Contract) -> None:
    assert contract.nearest("/helth?x=1") == "did you mean '/health'?"
    assert contract.nearest("/echo") == "the contract has POST /echo"
    assert contract.nearest("/ws/echo") == "the contract has websocket /ws/echo"


def test_every_endpoint_says_what_it_does(contract: Contract) -> None:
    assert len([one for one in contract.endpoints if not one.needs]) == 16
    assert all(endpoint.summary for endpoint in contract.endpoints)


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("GET", "/", True),
        ("HEAD", "/", True),
        ("DELETE", "/environ/a/b", True),
        ("GET", "/response-headers/3/100", True),
        ("GET", "/raise/after", True),
        ("GET", "/raise/never", False),
        ("GET", "/scope", False),
        ("GET", "/response-headers/3", False),
        ("HEAD", "/large", False),
        ("POST", "/boundary/input/read", True),
    ],
)
def test_the_wsgi_apps_have_a_contract_of_their_own(method: str, path: str, known: bool) -> None:
    contract = load_wsgi_contract(FRAMEWORKS)
    assert contract.knows(method, path) == known
    assert all(endpoint.summary and endpoint.kind == HTTP for endpoint in contract.endpoints)


def test_some_endpoints_are_those_of_the_bare_wsgi_app_alone() -> None:
    contract = load_wsgi_contract(FRAMEWORKS)
    assert contract.bare("GET", "/boundary/environ")
    assert not contract.bare("GET", "/headers")
    assert not contract.bare("GET", "/nowhere")


def test_a_folder_without_wsgi_apps_needs_no_contract_of_theirs(tmp_path: Path) -> None:
    assert load_wsgi_contract(tmp_path).endpoints == ()
    (tmp_path / "contract-wsgi.yaml").write_text("contract: c\n")
    with pytest.raises(DocumentError, match="lacks the key 'endpoints'"):
        load_wsgi_contract(tmp_path)


GOOD = "{kind: http, method: GET, path: /a, summary: s}"


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        ("contract: c\nendpoints: []\n", "at least one endpoint", (1, 1)),
        (f"contract: c\nendpoints:\n  - {GOOD}\n  - {GOOD}\n", "/a is declared twice", (4, 5)),
        ("contract: c\nendpoints:\n  - {kind: htp, path: /a, summary: s}\n", "no kind is called 'htp'", (3, 12)),
        ("contract: c\nendpoints:\n  - {kind: http, path: /a, summary: s}\n", "has a 'method'", (3, 5)),
        ("contract: c\nendpoints:\n  - {kind: websocket, method: GET, path: /a, summary: s}\n", "no 'method'", (3, 31)),
        ("contract: c\nendpoints:\n  - {kind: websocket, path: a, summary: s}\n", "begins with /", (3, 29)),
        ("contract: c\nendpoints:\n  - {kind: websocket, pth: /a, summary: s}\n", "no key 'pth'", (3, 23)),
        ("contract: c\n", "lacks the key 'endpoints'", (1, 1)),
    ],
)
def test_mistakes_are_pointed_at(tmp_path: Path, text: str, what: str, place: tuple[int, int]) -> None:
    (tmp_path / "contract.yaml").write_text(text)
    with pytest.raises(DocumentError) as caught:
        load_contract(tmp_path)
    assert what in caught.value.what
    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == place
