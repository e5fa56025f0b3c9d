"""Iterables of an application are values, compared by kind and items."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from engine.model.iterables import ONCE, TUPLE, AppIterable


def test_kinds_differ() -> None:
    assert AppIterable(TUPLE, (1,)) == AppIterable("tuple", (1,))
    assert AppIterable(TUPLE, (1,)) != AppIterable(ONCE, (1,))


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        AppIterable(TUPLE, ()).items = (1,)  # type: ignore[misc]
