"""Every case of the engine's suites has a form in plain Python: a client, and an application for the bare app."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from engine.app import step_types
from engine.model.case import Case, RunsOn
from engine.reproduce.parts.checks import ResultUnknown, expect
from engine.reproduce.parts.flow import until_shown
from engine.reproduce.unroll import redact
from engine.reproduce.unroll.application import application
from engine.reproduce.unroll.assemble import parsed, part
from engine.reproduce.unroll.client import Fault, client
from engine.reproduce.unroll.source import CannotUnroll, bytes_literal, wrapped
from tests.specs.corpus import control_cases

CONTRACT = Path("frameworks/control/app.py").read_text("utf-8")


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return control_cases()


# Their messages are compressed, and contain a value that only a run knows.
WITHOUT_FORM = {f"specs/websocket/deflate-messages.yaml::{name}" for name in ("burst", "lengths-in-a-row")}

FRAMES = "the step `http2` has no form in plain Python"
"""Frames of HTTP/2 would need the compression of fields, which the standard library does not have."""


def test_every_case_has_a_client_and_an_application(cases: tuple[Case, ...]) -> None:
    """Of a matrix, the first value or the last: the others have the same steps."""
    types = step_types.by_name()
    several: dict[str, list[Case]] = {}
    for case in cases:
        several.setdefault(f"{case.file}::{case.stem}", []).append(case)
    assert len(several) > 700
    ends = [values[-(number % 2)] for number, (stem, values) in enumerate(several.items()) if stem not in WITHOUT_FORM]
    for case in ends:
        listen, tls = str(case.server.get("listen", "ipv4")), "" if case.server.get("tls") else None
        without_form = ""
        try:
            made = client(case, Fault("fail"), types, case.title, tls=tls, listen=listen)
        except CannotUnroll as error:
            without_form = str(error)
        if without_form:
            assert (case.address, without_form) == (case.address, FRAMES)
            assert case.file.startswith("specs/http2/")
            continue
        unknown = names_without_definition(made.source)
        assert not unknown, f"{case.address}: {unknown}"
        assert "from engine" not in made.support
        if case.runs_on is not RunsOn.WSGI:
            text = application(case, CONTRACT, made.source, records=made.records)
            unknown = names_without_definition(text)
            assert not unknown, f"{case.address}: {unknown}"


def names_without_definition(source: str) -> set[str]:
    """The names of a module that nothing in it defines or imports."""
    import builtins

    tree = ast.parse(source)
    loaded: set[str] = set()
    bound = set(dir(builtins)) | {"__file__", "__name__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {one.asname or one.name for one in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return loaded - bound


def test_the_parts_of_an_application_have_other_names_than_the_functions_of_the_contract() -> None:
    own = {one.name for one in part("app_parts").definitions} - {"Receive", "Send"}
    assert not own & {one.name for one in parsed(CONTRACT).definitions}


def test_the_client_ends_with_the_deciding_step(cases: tuple[Case, ...]) -> None:
    case = next(case for case in cases if case.address == "specs/http/wire.yaml::missing-host")
    deciding = case.body.steps[1].params.script[1]  # type: ignore[attr-defined]
    made = client(case, Fault("fail", deciding.place), step_types.by_name(), case.title)
    assert 'need("status", reply.status, 200)' in made.source
    assert 'expect("status", reply.status, 400)' in made.source
    assert "calls" not in made.source
    assert not made.records


def test_the_client_of_a_flaky_result_runs_until_the_fault_shows(cases: tuple[Case, ...]) -> None:
    case = next(case for case in cases if case.address == "specs/http/wire.yaml::missing-host")
    made = client(case, Fault("fail", flaky=True), step_types.by_name(), case.title)
    assert "until_shown(reproduction, TITLE, 20)" in made.source
    assert "def until_shown(" in made.support
    runs: list[int] = []

    def third_time() -> None:
        runs.append(1)
        if len(runs) == 2:
            raise ResultUnknown("needed")
        expect("number", len(runs) < 3, True)

    assert (until_shown(third_time, "title", 20), len(runs)) == (1, 3)
    assert until_shown(lambda: None, "title", 3) == 0


@pytest.mark.parametrize("data", [b"", b"a\r\nb", b"x" * 1000, b"\0\xff" * 200 + b"end\r\n", b"1" * 63])
def test_a_literal_is_the_same_bytes(data: bytes) -> None:
    assert eval(f"({bytes_literal(data)})") == data
    lines = "\n".join(wrapped(f"f({bytes_literal(data)}, 1)"))
    assert eval(lines, {"f": lambda first, _: first}) == data
    assert len(lines) < 500


def test_credentials_cookies_and_folders_are_redacted() -> None:
    text = (
        'b"Authorization: Bearer s3cr3t-token\\r\\n"\n"Cookie: session=topsecret; theme=dark; Path=/"\n'
        ">> set-cookie: id=abcdefgh; HttpOnly\n/home/somebody/project/app.py\n[b'authorization', b'Basic dXNlcjpwYXNz']"
    )
    values = redact.secrets([text])
    found = redact.redacted(text, values, {"/home/somebody": "~", "/home": "/homes"})
    for secret in ("s3cr3t-token", "topsecret", "abcdefgh", "dXNlcjpwYXNz", "/home/somebody"):
        assert secret not in found
    # Lengths stay right, and what is equal stays equal.
    assert 'Bearer xxxxxxxxxxxx\\r\\n"' in found
    assert "~/project/app.py" in found
    assert "Bearer " in found


def test_a_source_is_redacted_in_its_literals_only() -> None:
    source = 'def value(text):\n    return f"{text}&key=value" + """\n?key=value\n""" + b"x"  # value\n'
    found = redact.redacted_source(source, redact.secrets([source, "?key=value"]), {})
    assert found == source.replace("key=value", "key=xxxxx").replace("# value", "# xxxxx")
    compile(found, "", "exec")
