from __future__ import annotations

import pytest
from hpack.table import HeaderTable

from engine.reference.http2.tables import STATIC, FieldTable, WrongIndex


def test_the_static_table_is_that_of_the_library() -> None:
    assert tuple(HeaderTable.STATIC_TABLE) == STATIC


def test_indices_begin_with_the_newest_entry() -> None:
    table = FieldTable()
    for value in (b"1", b"2", b"3"):
        table.add((b"x", value))
    assert [table[index][1] for index in (62, 63, 64)] == [b"3", b"2", b"1"]
    assert table[2] == (b":method", b"GET")
    for index in (0, 65, 1000):
        with pytest.raises(WrongIndex):
            table[index]


def test_the_oldest_entries_are_evicted() -> None:
    table = FieldTable(limit=100)
    for value in (b"1", b"2", b"3"):
        table.add((b"x", value))
    assert (table.size, table[62][1], table[63][1]) == (68, b"3", b"2")
    with pytest.raises(WrongIndex):
        table[64]
    table.resize(40)
    assert (table.size, table[62][1]) == (34, b"3")
    table.add((b"x", b"y" * 100))
    assert table.size == 0


def test_an_entry_is_found_by_its_value_and_else_by_its_name() -> None:
    table = FieldTable()
    table.add((b"x", b"1"))
    table.add((b"x", b"2"))
    assert table.find((b"x", b"1")) == (63, True)
    assert table.find((b"x", b"3")) == (62, False)
    assert table.find((b":path", b"/index.html")) == (5, True)
    assert table.find((b"y", b"")) == (0, False)
