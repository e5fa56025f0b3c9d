"""The environments that are being made, reported to a display."""

from __future__ import annotations

from engine.app.activity import Activity


def test_a_listener_that_comes_late_gets_what_has_begun() -> None:
    activity, heard = Activity(), list[tuple[str, bool]]()
    activity("a", True)
    activity("b", True)
    activity("a", False)
    activity.listen(lambda name, begun: heard.append((name, begun)))
    activity("b", False)
    activity.listen(None)
    activity("c", True)
    assert heard == [("b", True), ("b", False)]
