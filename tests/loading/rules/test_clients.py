from __future__ import annotations

import pytest

from engine.loading.documents import load_text
from tests.loading.helpers import suite
from tests.loading.rules.test_rules import real_codes
from tests.loading.vocabulary import real


@pytest.mark.parametrize(
    ("request_", "wrong"),
    [
        ("{path: /scope, cookies: jar, expect: {cookie.a: b}}", 0),
        ("{path: /scope, follow: true, expect: {redirects: []}}", 0),
        ("{path: /scope, expect: {content: a}}", 0),
        ("{path: /scope, expect: {cookie.a: b}}", 1),
        ("{path: /scope, capture: {it: cookie.a}, expect: {status: 200}}", 1),
        ("{path: /scope, expect: {redirects: []}}", 1),
        ("{path: /scope, follow: false, expect: {redirects: []}}", 1),
        ("{path: /scope, expect: {header.date: {later_than: now}}}", 1),
        ("{path: /scope, expect: {header.date: {all_of: [{is: http-date}, {later_than: now}]}}}", 1),
        ("{path: /scope, expect: {header.expires: {later_than: now}}}", 0),
        ("{path: /scope, expect: {header.date: {not: {later_than: now}}}}", 0),
    ],
)
def test_a_fact_that_says_nothing_or_never_holds(request_: str, wrong: int) -> None:
    assert real_codes(f"[{{request: {request_}}}]").count("never-matches") == wrong


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{request: {path: /scope, cookies: '', expect: {status: 200}}}", ["value"]),
        ("{measure: {settled: true, within: 0s}}", ["value"]),
        ("{measure: {settled: true, within: 249ms}}", ["value"]),
        ("{measure: {settled: true, within: 1s}}", []),
    ],
)
def test_a_value_that_no_step_can_use(step: str, expected: list[str]) -> None:
    assert [
        code for code in real_codes(f"[{{request: {{path: /scope, expect: {{status: 200}}}}}}, {step}]")
    ] == expected


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("{ping: {interval: 0s}}", ["range"]),
        ("{ping: {interval: 1s, timeout: 0ms}}", ["range"]),
        ("{limits: {request_line: 0B}}", ["range"]),
        ("{limits: {body: 0KiB}}", ["range"]),
        ("{limits: {concurrency: 0}}", ["range"]),
        ("{limits: {backlog: 0, body: 1B}}", []),
        ("{proxy_protocol: false}", ["unknown-word"]),
        ("{proxy_protocol: v1, tls: true}", ["runs-nowhere"]),
        ("{proxy_protocol: true, tls: false}", []),
        ("{max_requests: -3}", ["range"]),
    ],
)
def test_options_that_can_never_work(server: str, expected: list[str]) -> None:
    assert real_codes("[{request: {path: /scope, expect: {status: 200}}}]", f"server: {server}") == expected


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("{path: /scope, expect: {cookie: 1}}", "write `cookie.NAME`"),
        ("{path: /scope, expect: {redirects.0.status: 3}}", "match an item of the list: redirects: {some: "),
        ("{path: /scope, within: 48h, expect: {status: 200}}", "units of time: ms, s, min"),
        ("{path: /scope, within: -1, expect: {status: 200}}", "the least is 0s"),
        ("{path: /scope, within: -1s, expect: {status: 200}}", "the least is 0s"),
        ("{path: {fill: {size: 3B}}, expect: {status: 200}}", "write text, or {var: NAME}"),
    ],
)
def test_one_error_with_its_fix(body: str, what: str) -> None:
    (found,) = load_text(suite(f"[{{request: {body}}}]"), real()).diagnostics
    assert found.hint.startswith(what)


@pytest.mark.parametrize(
    ("server", "what"),
    [
        ("{max_requests: -3}", "`max_requests` is at least 1, and this is -3"),
        ("{ping: {timeout: 2s}}", "`ping` lacks `interval`"),
    ],
)
def test_the_sentence_of_an_option(server: str, what: str) -> None:
    text = suite("[{request: {path: /scope, expect: {status: 200}}}]", f"server: {server}")
    assert [one.what for one in load_text(text, real()).diagnostics] == [what]


@pytest.mark.parametrize(
    ("variant", "wrong"),
    [
        ("{when: {n: 1}, level: may}", 0),
        ("{when: {n: 1}, extended: true}", 0),
        ("{when: {n: 1}, extended: false}", 1),
        ("{when: {n: 1}, timeout: 3s}", 1),
        ("{when: {n: 1}, timeout: 2s}, {when: {n: 1}, timeout: 3s}", 0),
        ("{when: {n: [1, 2]}, level: may}", 1),
    ],
)
def test_an_entry_of_variants_without_news(variant: str, wrong: int) -> None:
    extra = f"timeout: 3s\nmatrix: {{n: [1, 2]}}\nvariants: [{variant}]"
    step = "[{request: {path: /scope, query: {n: $(n)}, expect: {status: 200}}}]"
    assert real_codes(step, extra) == ["matrix"] * wrong
