"""Foreign text on the page: nothing hidden stays, nothing is too long, and no scheme but those of the web is a link."""

from __future__ import annotations

import unicodedata

import pytest

from engine.reports.page.shown import MARKS, MOST, shown, web_address
from tests.reports.page.hostile import PAYLOADS


def test_controls_directions_and_surrogates_are_written_out() -> None:
    assert shown("a\x00\x1b\n\r\t\x9f") == "a\\x00\\x1b\\n\\r\\t\\x9f"
    assert shown("\u202e\u2066\u200b\ufeff\U000e0041") == "\\u202e\\u2066\\u200b\\ufeff\\u{e0041}"
    assert shown("\ud800x\udfff") == "\\ud800x\\udfff"
    assert shown("äöü 漢字 🙂") == "äöü 漢字 🙂"


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_payload_keeps_a_hidden_character_or_its_length(text: str) -> None:
    found = shown(text)
    assert not [char for char in found if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert len(found) < MOST * 10
    found.encode("utf-8")


def test_combining_marks_and_length_are_bounded() -> None:
    assert shown("a" + "\u0301" * 300) == "a" + "\u0301" * MARKS
    assert shown("n" * 5000) == "n" * MOST + "… (5,000 characters)"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://x", True),
        ("javascript:alert(1)", False),
        ("JAVASCRIPT:x", False),
        (" javascript:x", False),
        ("java\nscript:x", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("", False),
        ('https://x/"onclick=', False),
        ("https://x/ y", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("https://x/\x00", False),
        ("https://x/\ud800", False),
    ],
)
def test_only_addresses_of_the_web_are_links(url: str, safe: bool) -> None:
    assert web_address(url) == (url if safe else "")
