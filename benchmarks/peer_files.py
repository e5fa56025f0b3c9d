"""The same simple case as each runner's users would write it: GET /headers with a header, three expectations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SUITE = "suite: Suite {n}\ncategory: bench\ncite: [SCOPE-20]\nlevel: must\ncases:\n"
CASE = """\
  - id: case-{n}
    title: Case {n}
    steps:
      - request:
          path: /headers
          headers: {{X-Case: "{n}"}}
          expect: {{status: 200, header.content-type: application/json, json.x-case: "{n}"}}
"""

CLIENT = """\
import httpx
import pytest

@pytest.fixture(scope="session")
def client():
    with httpx.Client(base_url="{base}") as client:
        yield client
"""
ONE_CLIENT = """
def test_{n}(client):
    response = client.get("/headers", headers={{"X-Case": "{n}"}})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json()["x-case"] == "{n}"
"""
NEW_CLIENT_HEAD = "import httpx\nimport pytest\n"
NEW_CLIENT = """
@pytest.mark.asyncio
async def test_{n}():
    async with httpx.AsyncClient(base_url="{base}") as client:
        response = await client.get("/headers", headers={{"X-Case": "{n}"}})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json()["x-case"] == "{n}"
"""
TAVERN = """\
---
test_name: Case {n}
strict: ["json:off"]
stages:
  - name: headers
    request:
      url: {base}/headers
      headers: {{X-Case: "{n}"}}
    response:
      status_code: 200
      headers: {{content-type: application/json}}
      json: {{x-case: "{n}"}}
"""
HURL = """\
GET {base}/headers
X-Case: {n}
HTTP 200
[Asserts]
header "content-type" == "application/json"
jsonpath "$.x-case" == "{n}"

"""

# By runner: what a file is called, how it begins, and a case of it.
SORTS = {
    "engine": ("suite_{n:03}.yaml", SUITE, CASE),
    "one-client": ("test_{n:03}.py", "", ONE_CLIENT),
    "new-client": ("test_new_{n:03}.py", NEW_CLIENT_HEAD, NEW_CLIENT),
    "tavern": ("test_{n:03}.tavern.yaml", "", TAVERN),
    "hurl": ("case_{n:03}.hurl", "", HURL),
}
FILES = 20


def write(folder: Path, cases: int, base: str) -> None:
    """Write this many cases for each runner, in a folder of its own; ``base`` is the URL of the service."""
    for sort in SORTS:
        (folder / sort).mkdir(parents=True)
        for name, text in files(sort, cases, base):
            (folder / sort / name).write_text(text)
    (folder / "one-client" / "conftest.py").write_text(CLIENT.format(base=base))


def files(sort: str, cases: int, base: str) -> Iterator[tuple[str, str]]:
    """The files of one runner: names and texts."""
    name, head, case = SORTS[sort]
    for number in range(min(FILES, cases)):
        parts = [case.format(n=one, base=base) for one in range(number, cases, FILES)]
        yield name.format(n=number), head.format(n=number) + "".join(parts)
