from __future__ import annotations

import pytest

from engine.loading.schema.suggest import SYNONYMS, hint, meant
from tests.loading.vocabulary import real

STEPS = ("await", "pause", "request")
ACTS = ("await", "sleep", "send")


@pytest.mark.parametrize(
    ("word", "known", "likely"),
    [
        ("wait", STEPS, "pause"),
        ("wait", ACTS, "sleep"),
        ("pause", ACTS, "sleep"),
        ("sleep", STEPS, "pause"),
        ("timeout", ("path", "within"), "within"),
        ("url", ("path", "within"), "path"),
        ("reqest", STEPS, "request"),
        ("bogus", STEPS, ""),
    ],
)
def test_what_a_word_most_likely_means(word: str, known: tuple[str, ...], likely: str) -> None:
    assert meant(word, known) == likely


def test_hints() -> None:
    assert hint("wait", STEPS) == "did you mean 'pause'?"
    assert hint("bogus", STEPS) == "known: await, pause, request"


def test_synonyms_lead_to_words_of_the_language() -> None:
    vocabulary = real()
    words = {step_type.name for step_type in vocabulary.step_types} | {"sleep", "expect", "within"}
    words |= {key for step_type in vocabulary.step_types for key in step_type.schema.get("properties", {})}
    assert {other for others in SYNONYMS.values() for other in others} <= words
