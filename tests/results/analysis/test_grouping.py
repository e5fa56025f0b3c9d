"""A grid's rows as tables: which is a line, which a column, and what shares a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from engine.model.verdict import Verdict
from engine.reports.markdown import markdown
from engine.reports.table import draw
from engine.reports.view import GridReport
from engine.results.analysis.grid import Grid, cell, grid, summed
from engine.results.analysis.grouping import BY, FEW, groups, tables
from tests.results.synthetic import joined, result, row, run

PASS, FAIL = Verdict.PASS, Verdict.FAIL


def made(cells: Mapping[str, Verdict], *categories: str) -> Grid:
    """The grid of a run that has the same verdicts in each category."""
    one = run(cells)
    results = [replace(each, category=name) for name in categories or ("http",) for each in one.results]
    return grid(results, one.targets)


TWO = {"s f": PASS, "s f uvloop": PASS, "s g": PASS, "s g uvloop": FAIL, "t f": FAIL, "t f uvloop": FAIL}


def lines(drawn: Grid, by: str = "") -> list[tuple[str, str, tuple[str, ...], list[str]]]:
    return [
        (
            table.title,
            line.name,
            line.loops,
            ["" if one is None else f"{one.cell.passed}/{one.cell.applicable}" for one in line.squares],
        )
        for table in tables(drawn, by)
        for line in table.lines
    ]


def test_servers_by_frameworks_with_loops_that_agree_on_one_line() -> None:
    both = ("asyncio", "uvloop")
    assert lines(made(TWO)) == [
        ("http", "s", ("asyncio",), ["1/1", "1/1", "2/2"]),
        ("http", "s", ("uvloop",), ["1/1", "0/1", "1/2"]),
        ("http", "t", both, ["0/1", "", "0/1"]),
    ]
    assert tables(made(TWO))[0].columns == ("f", "g", "total")


def test_a_table_for_each_server() -> None:
    found = lines(made(TWO, "http", "ws"), "server")
    assert found[0] == ("s", "f", ("asyncio", "uvloop"), ["1/1", "1/1", "2/2"])
    assert found[1:] == [
        ("s", "g", ("asyncio",), ["1/1", "1/1", "2/2"]),
        ("s", "g", ("uvloop",), ["0/1", "0/1", "0/2"]),
        ("t", "f", ("asyncio", "uvloop"), ["0/1", "0/1", "0/2"]),
    ]


def test_a_table_for_each_framework() -> None:
    assert [(title, name) for title, name, _, _ in lines(made(TWO), "framework")] == [
        ("f", "s"),
        ("f", "t"),
        ("g", "s"),
        ("g", "s"),
    ]


def test_a_table_for_each_loop() -> None:
    assert [(title, name, squares) for title, name, _, squares in lines(made(TWO), "loop")] == [
        ("loop asyncio", "s", ["1/1", "1/1", "2/2"]),
        ("loop asyncio", "t", ["0/1", "", "0/1"]),
        ("loop uvloop", "s", ["1/1", "0/1", "1/2"]),
        ("loop uvloop", "t", ["0/1", "", "0/1"]),
    ]


def test_each_of_few_categories_has_servers_by_frameworks() -> None:
    names = [f"c{number}" for number in range(FEW)]
    assert [table.title for table in tables(made(TWO, *names))] == [*names, "all of these"]
    assert [table.title for table in tables(made(TWO, *names, "more"))] == [""]


def test_one_server_or_one_framework_has_its_categories() -> None:
    one = made({"s f": PASS, "s f uvloop": PASS, "s g": PASS}, "http", "ws")
    assert tables(one)[0].columns == ("http", "ws", "total")
    # As many lines as targets: nothing is folded where all of it is in sight.
    assert [loops for _, _, loops, _ in lines(one)] == [("asyncio",), ("uvloop",), ("asyncio",)]
    other = made({"s f": PASS, "t f": PASS}, "http", "ws")
    assert [(title, name) for title, name, _, _ in lines(other)] == [("f", "s"), ("f", "t")]


def test_versions_stand_in_the_lines() -> None:
    known = (
        row("s f", version="1.2"),
        row("s==1.0 f"),
        row("s@main f", version="1.3.dev0", commit="0123456789abcdef"),
        row("s@mine f", version="1.3.dev0", commit="0123456789abcdef+changes"),
        row("s~fast f", version="1.2"),
    )
    names = ("s f", "s==1.0 f", "s@main f", "s@mine f", "s~fast f", "s f x nginx")
    one = run(dict.fromkeys(names, PASS), *known)
    (table,) = tables(grid(one.results, one.targets))
    assert [(line.name, line.detail) for line in table.lines] == [
        ("s", "1.2"),
        ("s==1.0", ""),
        ("s@main", "1.3.dev0 (012345678)"),
        ("s@mine", "1.3.dev0 (012345678+changes)"),
        ("s~fast", "1.2"),
        ("s nginx", ""),
    ]


def test_one_server_of_another_source_is_named_above_its_frameworks() -> None:
    """Nothing in the table itself distinguishes a checkout from the pinned release."""
    known = row("s@mine f", version="1.3", commit="0123456789abcdef+changes")
    one = run({"s@mine f": PASS, "s@mine g": PASS}, known)
    drawing = draw(grid(one.results, one.targets))
    assert drawing.startswith("s@mine 1.3 (012345678+changes)\n")
    document = markdown(GridReport(one, grid(one.results, one.targets), {}))
    assert "## s@mine 1.3 (012345678+changes)\n" in document
    assert draw(made({"s f": PASS, "s g": PASS})).startswith("┌")


def test_releases_are_lines_of_their_own_among_many_frameworks() -> None:
    found = lines(made({"s f": PASS, "s g": PASS, "s==1.0 f": FAIL, "s~fast g": PASS}))
    assert [(name, squares) for _, name, _, squares in found] == [
        ("s", ["1/1", "1/1", "2/2"]),
        ("s==1.0", ["0/1", "", "0/1"]),
        ("s~fast", ["", "1/1", "1/1"]),
    ]


def test_loops_differ_within_one_release_only() -> None:
    assert made({"s f": PASS, "s==1.0 f uvloop": FAIL}).differences == ()
    (one,) = made({"s==1.0 f": PASS, "s==1.0 f uvloop": FAIL}).differences
    assert one.pairing == "s==1.0-f"


def test_the_found_loop_of_the_server_s_own_choice() -> None:
    one = run({"s f auto": PASS}, row("s f auto", found_loop="uvloop"))
    assert lines(grid(one.results, one.targets))[0][2] == ("auto (uvloop)",)


def test_groups_and_their_sums() -> None:
    found = {by: [(name, len(rows)) for name, rows in groups(made(TWO), by)] for by in ("", *BY)}
    assert found == {
        "": [],
        "server": [("s", 4), ("t", 2)],
        "framework": [("f", 4), ("g", 2)],
        "loop": [("asyncio", 3), ("uvloop", 3)],
    }


def test_a_sum_of_squares_is_the_square_of_all() -> None:
    one, other = result(row("s f"), PASS), replace(result(row("s f"), FAIL), level="should")
    assert summed([cell([one, one]), cell([other])]) == cell([one, one, other])
    assert summed([]) == cell([])


SERVERS = ("gunicorn", "uvicorn-h11", "uvicorn-httptools", "hypercorn", "granian", "daphne")
FRAMEWORKS = ("blacksheep", "control", "django", "fastapi", "litestar", "quart", "starlette")
CATEGORIES = tuple(f"category-{number}" for number in range(13))


@pytest.fixture(scope="module")
def large() -> Grid:
    """84 rows; on hypercorn the loops differ."""
    runs = []
    for number in range(160):
        cells = {
            f"{server} {framework} {loop}": FAIL if (server, loop, number) == ("hypercorn", "uvloop", 7) else PASS
            for server in SERVERS
            for framework in FRAMEWORKS
            for loop in ("asyncio", "uvloop")
        }
        one = run(cells, *(row(name, version="10.20.30") for name in cells), case=f"specs/x.yaml::case-{number}")
        results = tuple(replace(each, category=CATEGORIES[number % 13]) for each in one.results)
        runs.append(replace(one, results=results))
    whole = joined(*runs)
    return grid(whole.results, whole.targets)


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("by", ["", *BY])
def test_a_large_grid_fits_its_terminal(large: Grid, width: int, by: str) -> None:
    drawn = draw(large, width, by).split("differences between loops")[0]
    assert max(len(line) for line in drawn.splitlines()) <= width
    assert all(name in drawn for name in (*SERVERS, *FRAMEWORKS))


def test_a_large_grid_is_one_table_in_120_columns(large: Grid) -> None:
    drawn = draw(large, 120).split("passed/applicable")[0]
    assert drawn.count("┌") == 1
    assert "│ control │ django  │" in drawn
    assert drawn.count("both") == 5
    assert "159/160" in drawn
    assert len(drawn.splitlines()) <= 3 * 8 + 2


def test_differences_of_a_case_share_a_line(large: Grid) -> None:
    (line,) = draw(large, 120).split("differences between loops:\n")[1].splitlines()
    assert line.endswith(
        "case-7 [hypercorn-blacksheep, hypercorn-control, hypercorn-django, hypercorn-fastapi and 3 more]: "
        "pass on asyncio, fail on uvloop"
    )


def test_a_target_that_does_not_start_is_said_in_its_square() -> None:
    failed = row("s g", failed="no module")
    one = run({"s f": PASS, "s g": Verdict.ERROR, "t f": PASS, "t g": PASS}, failed)
    assert "no start" in draw(grid(one.results, one.targets))
    assert "did not start" in draw(grid(one.results, one.targets), by="server")


@pytest.fixture(scope="module")
def one_framework() -> Grid:
    """Two rows with 13 categories."""
    names = ("s control asyncio", "s control uvloop")
    runs = [run(dict.fromkeys(names, PASS), case=f"specs/x.yaml::case-{number}") for number in range(13)]
    results = [replace(each, category=CATEGORIES[number]) for number, one in enumerate(runs) for each in one.results]
    return grid(results, runs[0].targets)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_grid_of_one_framework_has_a_line_for_each_category_where_that_is_narrower(
    one_framework: Grid, width: int
) -> None:
    drawn = draw(one_framework, width)
    assert drawn.count("┌") == 1
    assert max(len(line) for line in drawn.splitlines()) <= width
    assert [line.split()[1] for line in drawn.splitlines() if "1/1" in line] == list(CATEGORIES)
    assert "│ total " in drawn


def test_a_grid_that_fits_has_a_column_for_each_category(one_framework: Grid) -> None:
    assert "│ control     │ asyncio │" in draw(one_framework, 400)


def test_a_framework_s_release_is_a_line_or_a_column_with_its_commit() -> None:
    checkout = replace(row("s star"), id="s-star@star-asyncio", framework_release="@star", framework_version="1.2",
                       framework_commit="0123456789ab+changes")  # fmt: skip
    one = run({"s star==0.9": PASS, "s star": PASS}, row("s star==0.9"))
    targets = [*one.targets, checkout]
    results = [*one.results, result(checkout, FAIL)]
    drawn = draw(grid(results, targets))
    assert [line.split() for line in drawn.splitlines() if "star" in line] == [
        ["│", "star==0.9", "│", "│", "asyncio", "│", "1/1", "│", "1/1", "│"],
        ["│", "star", "│", "│", "asyncio", "│", "1/1", "│", "1/1", "│"],
        ["│", "star@star", "│", "1.2", "(012345678+changes)", "│", "asyncio", "│", "0/1", "1F", "│", "0/1", "1F", "│"],
    ]
    (single,) = tables(grid(results[:1], targets[:1]), "framework")
    assert single.title == "star==0.9"
    crossed = draw(grid([*results, *run({"t star": PASS}).results], [*targets, row("t star")]), 200)
    assert "star@star 1.2 (012345678+changes)" in crossed
