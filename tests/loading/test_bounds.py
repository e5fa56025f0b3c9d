"""Nothing that a document says makes the linter take much memory, raise, or take for ever."""

from __future__ import annotations

import sys
from functools import cache, partial

import pytest

from engine.app.describe.before import LARGEST, preview
from engine.app.step_types import by_name
from engine.documents.composer import MAX_VALUES
from engine.documents.files import MAX_SIZE
from engine.loading.documents import language_of, load_text
from engine.loading.read.reader import MOST_BYTES
from engine.loading.vocabulary import Vocabulary
from engine.model.quantities import LONGEST
from tests.bounded import within
from tests.loading.helpers import HEAD, suite
from tests.loading.vocabulary import real

MIB = 1024 * 1024
OK = "{request: {path: /scope, expect: {status: 200}}}"
NUMBERS = ", ".join(map(str, range(1000)))


@cache
def vocabulary() -> Vocabulary:
    language = language_of(real())
    assert language.fits_case is not None  # composed before anything is measured
    assert language.fits["suite"] is not None
    return language.vocabulary


def first(text: str) -> tuple[str, str]:
    """Code and words of a document's first error, ("", "") for none."""
    found = load_text(text, vocabulary()).diagnostics
    return (found[0].code, found[0].what) if found else ("", "")


def many(unit: str, limit: int = MAX_SIZE - 500, values: int = MAX_VALUES - 100) -> str:
    """As many of an item as a document may hold: by its size, and by its values."""
    each = unit.count(":") + unit.count("{") + (not unit.startswith("{"))
    return ", ".join([unit] * min(limit // (len(unit) + 2), values // each))


def body(literal: str) -> str:
    return suite(f"[{{request: {{path: /echo, method: POST, body: {literal}, expect: {{status: 200}}}}}}]")


def matching(pattern: str) -> str:
    return suite(f"[{{request: {{path: /scope, expect: {{reason: {{matches: '{pattern}'}}}}}}}}]")


def matrix(steps: str, values: str, title: str = "One") -> str:
    return suite(steps, f"matrix: {{{values}}}").replace("title: One", f"title: {title}")


BOUNDED = {
    "size": (body("{fill: {size: " + "4" + "9" * 400 + "KiB}}"), "range", "a size is 1024 TiB at most"),
    "size-of-a-fact": (
        suite("[{request: {path: /scope, expect: {body.size: {at_most: " + "9" * 400 + "TiB}}}}]"),
        "range", "a size is 1024 TiB at most",
    ),
    "literal-size": (
        suite("[{request: {path: /scope, expect: {body.size: " + "9" * 400 + "TiB}}}]"),
        "range", "a size is 1024 TiB at most",
    ),
    "time": (suite(f"[{{pause: {'9' * 400}s}}, {OK}]"), "range", "a time is 24 hours at most"),
    "timeout": (suite(f"[{OK}]", "timeout: 1441min"), "range", "a time is 24 hours at most"),
    "count": (suite(f"[{{repeat: {{times: 1000001, steps: [{OK}]}}}}]"), "range", "`times` is at most 1000000"),
    "at-once": (
        suite(f"[{{repeat: {{times: 2, at_once: 999999999, steps: [{OK}]}}}}]"), "range", "`at_once` is at most 10000",
    ),
    "workers": (suite(f"[{OK}]", "server: {workers: 257}"), "range", "`workers` is at most 256"),
    "bytes": (body("{fill: {size: 1GiB}}"), "range", "these bytes are more than 256 MiB"),
    "bytes-of-bytes": (
        body("{times: {of: {times: {of: {fill: {size: 1KiB}}, count: 999999}}, count: 999999}}"),
        "range", "these bytes are more than 256 MiB",
    ),
    "bytes-in-pieces": (
        body("{chunked: [{random: {size: 200MiB}}, {random: {size: 200MiB}}]}"), "range", "these bytes are more",
    ),
    "pattern": (matching("(a|b)" * 190_000), "pattern", "a regular expression has 2000 characters at most"),
    "pattern-count": (matching("a{4294967296}"), "pattern", "the repetition number is too large"),
    "pattern-depth": (matching("(" * 990 + ")" * 990), "pattern", "it is nested too deeply"),
    "values": (
        suite("[{request: {path: /scope, expect: {json: [" + many("1", values=10**6) + "]}}}]"),
        "too-large", f"this document has more than {MAX_VALUES} values",
    ),
    "matrix-product": (
        matrix(f"[{OK}]", f"a: [{NUMBERS}], b: [{NUMBERS}], c: [{NUMBERS}]"),
        "matrix", "this matrix makes 1000000000 cases",
    ),
    "matrix-of-long-cases": (
        matrix("[" + many("{request: {path: /$(a), expect: {status: 200}}}", 20_000) + "]", f"a: [{NUMBERS}]"),
        "matrix", "this case is too long for so large a matrix",
    ),
    "matrix-of-long-texts": (
        matrix(
            "[{request: {path: /scope, body: '" + "$(b)" * 200 + "$(a)', expect: {status: 200}}}]",
            "a: [1, 2, 3], b: {x: '" + "y" * 200_000 + "'}",
        ),
        "matrix", "the values of this matrix are too long for all that they fill",
    ),
    "matrix-of-long-titles": (
        matrix(f"[{OK}]", "b: {x: {y: '" + "y" * 200_000 + "'}}", "$(b.y)" * 100),
        "matrix", "the values of this matrix are too long for all that they fill",
    ),
    "matrix-of-large-values": (
        matrix(
            "[" + ", ".join(["{request: {path: /scope, body: {json: {var: b}}, expect: {status: 200}}}"] * 300) + "]",
            "b: {x: [" + many("1", 60_000) + "]}",
        ),
        "matrix", "the values of this matrix are too long for all that they fill",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDED)
def test_what_is_too_much_is_said(name: str) -> None:
    text, code, what = BOUNDED[name]
    assert len(text) <= MAX_SIZE
    found = first(text)
    assert (found[0], what in found[1]) == (code, True), found


LARGE = {
    "scalars": suite("[{request: {path: /scope, expect: {json: [" + many("1") + "]}}}]"),
    "mappings": suite("[{request: {path: /scope, expect: {json: [" + many("{a: 1}") + "]}}}]"),
    "steps": suite("[" + many("{pause: 1ms}") + "]"),
    "wrong steps": suite("[" + many("{pase: 1ms}") + "]"),
    "requests": suite("[" + many(OK) + "]"),
    "wrong requests": suite("[" + many("{request: {pth: /scope, expect: {status: '200'}}}") + "]"),
    "wrong keys": suite("[{request: {path: /scope, " + ", ".join(f"k{n}: 1" for n in range(49_000)) + "}}]"),
    "cases": HEAD + "".join(f"  - {{id: a{n}, title: A, steps: [{OK}]}}\n" for n in range(4900)),
    "wrong cases": HEAD + "".join(f"  - {{id: a{n}, titl: A, steps: [{OK}]}}\n" for n in range(4900)),
    "a matrix": matrix("[" + many("{request: {path: /$(a), expect: {status: 200}}}", 700) + "]", f"a: [{NUMBERS}]"),
    "unknown variables": suite("[{request: {path: '" + "$(zz)" * 200_000 + "', expect: {status: 200}}}]"),
    "a long key": suite("[{request: {path: /scope, '" + "p" * 900_000 + "': 1, expect: {status: 200}}}]"),
    "hex": body("{hex: '" + "00 " * 66_666 + "'}"),
    "hex that is none": body("{hex: '" + "00 " * 66_600 + "0'}"),
    "long hex": body("{hex: '" + "00 " * 340_000 + "'}"),
    "deep": body("[" * 50 + "{hx: '" + "z" * 900_000 + "'}" + "]" * 50),
    "clauses": "clauses: C\nlist:\n" + "".join(f"  - {{id: A-{n}, level: may, statement: s}}\n" for n in range(12_000)),
    "nested patterns": matching("((((a{1,9999}){1,9999}){1,9999}){1,9999}){1,9999}"),
    "the most bytes": body("{fill: {size: 255MiB}}"),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_the_largest_documents_take_little_memory(name: str) -> None:
    words = vocabulary()
    assert len(LARGE[name]) <= MAX_SIZE
    assert within(64 * MIB, lambda: load_text(LARGE[name], words))


def test_bounds_are_no_surprise_below_them() -> None:
    assert MOST_BYTES == 256 * MIB
    assert LONGEST == 24 * 3600
    assert first(body("{fill: {size: 256MiB}}")) == ("", "")
    assert first(suite(f"[{OK}]", "timeout: 1440min")) == ("", "")
    steps = "[{tcp: {script: [{flood: {of: x, up_to: 1024TiB}}, {response: {expect: {status: 200}}}]}}]"
    assert first(suite(steps)) == ("", "")


def test_more_memory_than_allowed_is_seen() -> None:
    assert within(64 * MIB, lambda: bytes(32 * MIB))
    if sys.platform == "linux":
        # More than any hole that earlier tests of this process may have left in its heap.
        assert not within(64 * MIB, lambda: bytes(4096 * MIB))


FORMS = ("fill: {{size: {}B}}", "random: {{size: {}B}}", "deflated: {{of: {{fill: {{size: {}B}}}}}}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [LARGEST - 1, LARGEST + 1, MOST_BYTES])
def test_what_is_shown_before_a_run_takes_little_memory(form: str, size: int) -> None:
    [case] = load_text(body(f"{{{form.format(size)}}}"), vocabulary()).whole
    [step] = case.body.steps
    kind = by_name()["step", "request"]
    assert within(64 * MIB, partial(preview, step, kind, {}))
    assert (preview(step, kind, {}) is None) is (size > LARGEST)
