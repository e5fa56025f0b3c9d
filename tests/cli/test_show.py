"""``engine show``: a case in words, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli.main import main

CASES = """\
suite: Shown
category: shown
level: must
cases:
  - id: post
    title: A POST with $(kind)
    cite: [SCOPE-01]
    note: Said first.
    matrix: {kind: {small: {text: "a\\tb"}, run: {text: "x$(run)"}}}
    skip: [{frameworks: [django], because: it is slow}]
    steps:
      - request:
          method: POST
          path: /echo
          query: {q: a b}
          headers: {X-A: ["1", "2"]}
          body: {var: kind}
          within: 2s
          expect: {status: 200, first_byte: {at_most: 1.5s}, body: {sent: true}}
          should: {header.server: {any_of: [{present: false}, gunicorn]}}
          capture: {length: header.content-length}
      - app:
          within: 3s
          expect:
            scope.type: http
            received.types: {any_of: [[http.request], {length: {more_than: 1}}]}
            any_of: [{calls: 1}, {calls: 2, scope.method: {not: {starts_with: G}}}]
          record: {loop: loop}
  - id: socket
    title: A WebSocket
    cite: [WS-19]
    only: {loops: [uvloop]}
    steps:
      - websocket:
          connect: /ws/echo
          subprotocols: [a, b]
          expect: {status: 101}
          script:
            - send: {text: "hi"}
            - frames: [{opcode: ping, payload: p, mask: false, fin: false}, {opcode: 11}]
            - receive: {within: 1s, expect: {text: {equals: hi}}}
            - close: {code: 1000, reason: bye}
            - closed: {within: 1s, expect: {code: 1000}}
  - id: raw
    title: Bytes and a script
    cite: [FRAME-01]
    alone: true
    timeout: 1500ms
    server: {keep_alive: 2s}
    application:
      http:
        - read_body: {}
        - spawn: {as: t, script: [{sleep: 250ms}, {receive: {within: 3s}}]}
        - respond: {status: 200, headers: {x-a: b}, body: {hex: "00ff"}}
      paths: {/other: [{raise: {class: ValueError, message: never}}]}
    steps:
      - tcp:
          as: c
          script:
            - send: [{head: "GET / HTTP/1.1\\nHost: $(host)"}, {hex: "1b5b33316d"}]
            - drip: {bytes: abc, piece: 1B, every: 5ms}
            - flood: {of: {fill: {size: 256MiB}}, up_to: 2GiB}
            - response: {expect: {json.list: {items: [1, {at_least: 2}]}}}
      - repeat:
          times: 2
          steps: [{request: {path: /, query: $(n), expect: {status: {at_least: 200, less_than: 300}}}}]
      - app: {of: c, quiet: 300ms, expect: {calls: 0}}
  - id: twice
    title: Here
    cite: [FRAME-01]
    steps: [{request: {path: /health, expect: {status: 200}}}]
"""

OTHER = """\
suite: Other
category: other
level: may
cases:
  - id: twice
    title: There
    cite: [FRAME-01]
    steps: [{request: {path: /health, expect: {status: 200}}}]
"""

Show = Callable[..., str]


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Show:
    """Runs ``engine show`` here; what it printed."""
    (tmp_path / "shown.yaml").write_text(CASES)
    (tmp_path / "other.yaml").write_text(OTHER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path / "cache"))

    def call(case: str, *paths: str, code: int = 0) -> str:
        assert main(["show", case, *(paths or ["."]), "--targets"]) == code, capsys.readouterr()
        captured = capsys.readouterr()
        return captured.err if code else captured.out

    return call


def section(text: str, title: str) -> list[str]:
    """The lines below a title, up to the next line that is not indented."""
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line == title) + 1
    found = []
    for line in lines[start:]:
        if line and not line.startswith(" "):
            break
        found.append(line.strip())
    return [line for line in found if line]


def test_every_delivery_is_listed(show: Show, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(
        OTHER.replace("    steps", "    delivery: [whole, pieces, {cut_at: [3, crlf]}]\n    steps")
    )
    assert "\ndeliveries: whole, pieces, cut-3-crlf\n" in show("other.yaml::twice")
    assert "\ndeliveries: whole, pieces, cut-3-crlf\n" in show("other.yaml::twice[pieces]")
    assert "deliveries:" not in show("shown.yaml::raw")


def test_expectations_of_which_one_must_hold_begin_the_sentence(show: Show, tmp_path: Path) -> None:
    any_of = "any_of: [{status: 200}, {status: 204}]"
    (tmp_path / "other.yaml").write_text(OTHER.replace("{status: 200}", f"{{{any_of}}}"))
    assert "\n      all of one of these:\n" in show("other.yaml::twice")
    (tmp_path / "other.yaml").write_text(OTHER.replace("{status: 200}", f"{{complete: true, {any_of}}}"))
    assert "\n      and all of one of these:\n" in show("other.yaml::twice")


def test_a_request_to_the_byte(show: Show) -> None:
    text = show("shown.yaml::post[small]")
    assert text.startswith("shown.yaml:5: post[small]\nA POST with small\n")
    assert [line for line in section(text, "steps, over HTTP/1.1") if line.startswith(">")] == [
        r"> POST /echo?q=a+b HTTP/1.1\r\n",
        r"> Host: $(host)\r\n",
        r"> x-engine-call: $(call)\r\n",
        r"> X-A: 1\r\n",
        r"> X-A: 2\r\n",
        r"> Content-Length: 3\r\n",
        r"> \r\n",
        r"> a\tb",
    ]


def test_a_length_that_only_the_run_knows_is_not_made_up(show: Show) -> None:
    lines = section(show("post[run]"), "steps, over HTTP/1.1")
    assert r"> Content-Length: $(length)\r\n" in lines
    assert "> x$(run)" in lines


def test_the_frames_of_http_2(show: Show) -> None:
    text = show("shown.yaml::post[run]", ".", "--http", "2")
    assert "steps, over HTTP/1.1" not in text
    lines = section(text, "steps, over HTTP/2")
    assert lines[1 : lines.index("expect")] == [
        "HEADERS",
        r"> :method: POST\n",
        r"> :scheme: $(scheme)\n",
        r"> :authority: $(host)\n",
        r"> :path: /echo?q=a+b\n",
        r"> x-engine-call: $(call)\n",
        r"> x-a: 1\n",
        r"> x-a: 2\n",
        r"> content-length: $(length)\n",
        "DATA, END_STREAM",
        "> x$(run)",
    ]


def test_both_versions_and_a_case_that_only_one_has(show: Show, tmp_path: Path) -> None:
    request = "request: {path: /health, expect: {status: 200}}"
    (tmp_path / "other.yaml").write_text(
        OTHER.replace(request, "websocket: {connect: /ws/echo, expect: {opened: true}}")
    )
    text = show("other.yaml::twice", ".", "--http", "all")
    assert r"> GET /ws/echo HTTP/1.1\r\n" in section(text, "steps, over HTTP/1.1")
    assert {r"> :method: CONNECT\n", r"> :protocol: websocket\n"} <= set(section(text, "steps, over HTTP/2"))
    raw = show("shown.yaml::raw", ".", "--http", "all")
    assert raw.count("\nsteps") == 1
    assert section(raw, "steps")


def test_expectations_are_sentences(show: Show) -> None:
    lines = section(show("post[small]"), "steps, over HTTP/1.1")
    for sentence in (
        "status is 200",
        "first_byte is at most 1.5 s",
        "body is what this step sent",
        "header.server is absent, or is 'gunicorn'",
        "header.content-length, as $(length)",
        "2  app: again and again, within 3 s",
        "received.types is ['http.request'], or has a length that is above 1",
        "scope.method does not start with 'G'",
        "loop, as loop",
    ):
        assert sentence in lines
    assert lines.index("either") < lines.index("calls is 1") < lines.index("or") < lines.index("calls is 2")


def test_what_is_cited_and_where_it_runs(show: Show) -> None:
    text = show("post[small]")
    cited = section(text, "cites")
    assert cited[0].startswith("SCOPE-01 (")
    assert cited[-1].startswith("https://")
    assert "Said first." in text
    assert "gunicorn with" in " ".join(section(text, "runs on"))
    assert "django" not in " ".join(section(text, "runs on"))
    assert "gunicorn with django (auto, asyncio, uvloop)" in section(
        text, "does not run on, because left out: it is slow"
    )
    assert all(" with django (" in line for line in section(text, "does not run on, because left out: it is slow"))
    unable = section(text, "does not run on, because daphne does not run on uvloop")
    assert " ".join(unable).startswith("daphne with ")


def test_servers_restrict_as_they_do_for_a_grid(show: Show, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "post[small]", ".", "--server", "hypercorn"]) == 0
    text = capsys.readouterr().out
    assert section(text, "runs on")[0].startswith("hypercorn with")
    assert "gunicorn with" not in text
    assert main(["show", "post[small][gunicorn-control-auto]", ".", "--server", "hypercorn"]) == 0


def test_frameworks_restrict_as_they_do_for_a_grid(show: Show, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "post[small]", "--framework", "starlette", "."]) == 0
    lines = section(capsys.readouterr().out, "runs on")
    assert lines
    assert all(" with starlette (" in line for line in lines)
    assert main(["show", "post[small][gunicorn-control-auto]", "--framework", "starlette", "."]) == 0


def test_only_takes_targets_out(show: Show) -> None:
    text = show("socket")
    assert section(text, "runs on")[-1].endswith("(uvloop)")
    assert "(auto, asyncio)" in " ".join(section(text, "does not run on, because its `only` selects other targets"))


def test_a_handshake_and_frames(show: Show) -> None:
    lines = section(show("socket"), "steps")
    for line in (
        r"> Sec-WebSocket-Key: $(key)\r\n",
        r"> Sec-WebSocket-Protocol: a, b\r\n",
        "1.1  send",
        "text frame, masked",
        "> hi",
        "ping frame, fin 0, not masked",
        "opcode 11 frame, masked",
        "> (nothing)",
        "1.3  receive: within 1 s",
        "text is 'hi'",
        "close frame, code 1000, masked",
        "> bye",
    ):
        assert line in lines


def test_raw_bytes_and_what_cannot_be_made(show: Show) -> None:
    text = show("raw")
    assert "\x1b" not in text
    lines = section(text, "steps")
    for line in (
        "1  tcp: as c",
        r"> GET / HTTP/1.1\r\n",
        r"> \x1b[31m",
        "1.2  drip: piece 1 B, every 5 ms",
        "> abc",
        "json.list has exactly these items: is 1; is at least 2",
        "2  repeat: times 2, at once 1, index n",
        r"> GET /?$(n) HTTP/1.1\r\n",
        "status is at least 200, and is below 300",
        "3  app: of c, after 300 ms without traffic",
    ):
        assert line in lines
    assert any(line.startswith("1.3  flood: of fill") and "up to 2 GiB" in line for line in lines)


def test_an_applications_script(show: Show) -> None:
    text = show("raw")
    assert "exclusive" in " ".join(text.split())
    assert "timeout 1.5 s" in text
    assert "keep_alive 2 s" in text
    assert section(text, "the application's script") == [
        "http",
        "- read_body",
        "- spawn (as t)",
        "- sleep 250 ms",
        "- receive within 3 s",
        r"- respond status 200, headers [['x-a', 'b']], body '\x00\xff'",
        "path /other",
        "- raise class ValueError, message never",
    ]
    assert section(text, "does not run on, because only the bare app plays its script")


def test_an_item_of_a_test_run_means_its_case(show: Show) -> None:
    assert show("shown.yaml::post[small][gunicorn-control-auto]") == show("post[small]")
    assert show("socket[gunicorn-control-uvloop]") == show("socket")


def test_what_is_not_unique_lists_the_candidates(show: Show) -> None:
    assert "shown.yaml::post[small]\n    shown.yaml::post[run]" in show("post", code=2)
    output = show("twice", code=2)
    assert "other.yaml::twice" in output
    assert "shown.yaml::twice" in output
    assert "There" in show("other.yaml::twice")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("sokcet", "did you mean 'socket'?"),
        ("post[smal]", "did you mean 'post[small]'?"),
        ("shown.yaml::rwa", "did you mean 'raw'?"),
        ("shwn.yaml::socket", "did you mean 'shown.yaml::socket'?"),
        ("entirely-elsewhere", "`engine list cases` lists them"),
    ],
)
def test_an_unknown_case_names_the_nearest(show: Show, case: str, words: str) -> None:
    assert words in show(case, code=2)


def test_an_address_alone_is_found_outside_of_specs(
    tmp_path: Path, show: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "other.yaml::twice"]) == 0
    assert "There" in capsys.readouterr().out


def test_documents_with_mistakes_are_told_of(tmp_path: Path, show: Show) -> None:
    (tmp_path / "wrong.yaml").write_text("suite: X\ncategory: x\ncases: []\nnonsense: 1\n")
    assert "`engine lint` shows them" in show("nowhere-at-all", code=2)
    assert "A WebSocket" in show("socket")


def test_the_steps_come_first_and_other_targets_are_counted(show: Show, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "raw", "."]) == 0
    text = capsys.readouterr().out
    order = [text.index(f"\n{title}\n") for title in ("cites", "the application's script", "steps", "runs on")]
    assert order == sorted(order)
    assert "because" not in text
    assert re.search(r"^not on \d+ others, for \d reasons; --targets lists them$", text, re.MULTILINE)
