"""Generated mutants: which changes of code there are, and that each is made when the module is imported."""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from engine.reference.mutants import generated
from engine.reference.mutants.generated import changes, every_name, summary
from engine.targets.catalog.releases import VARIANT
from engine.targets.catalog.servers.reference import SERVER

CODE = '''
"""A docstring with 1 number."""
LONGEST = 100
KNOWN = (b"chunked",)

@dataclass(frozen=True)
class Thing:
    size: int = 0

    def check(self, value):
        """Check 1 value."""
        assert value != 7
        if value < 3 and not self.done:
            raise RequestRefused(400, "H1-02", f"at most {LONGEST} and 5")
        say("5 things")
        return "yes" if value in (1,) else None
'''


def words(code: str) -> list[str]:
    return [change.what for change in changes(ast.parse(code))]


def test_comparisons_constants_and_branches_are_changed_and_words_are_not() -> None:
    assert sorted(words(CODE)) == sorted(
        [
            "b'chunked' becomes b'chunkee'",
            "0 becomes 1",
            "the branch is taken in the other case",
            "and becomes or",
            "< becomes <=",
            "3 becomes 4",
            "400 becomes 401",
            "the other value is chosen",
            "in becomes not in",
            "1 becomes 2",
            "'yes' becomes 'yes-'",
        ]
    )


@pytest.mark.parametrize(
    ("code", "number", "changed"),
    [
        ("x = a == b", 0, "x = a != b"),
        ("x = a if b else c", 0, "x = a if not b else c"),
        ("def f():\n    if a:\n        return 1", 0, "def f():\n    if not a:\n        return 1"),
        ("x = a < b <= c", 1, "x = a < b < c"),
        ("x = True", 0, "x = False"),
    ],
)
def test_one_change_is_made(code: str, number: int, changed: str) -> None:
    tree = ast.parse(code)
    changes(tree)[number].make()
    assert ast.unparse(ast.fix_missing_locations(tree)) == changed


@pytest.fixture
def without_collector() -> Iterator[None]:
    """No pass of the garbage collector: a finalizer that formats a traceback parses code, and Python 3.11 takes that
    inside of ``ast.parse`` for an error of its own."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
def test_every_change_of_the_server_compiles_and_changes_its_code() -> None:
    for module in generated.modules():
        text = generated.source(module).read_text("utf-8")
        before = ast.dump(ast.parse(text))
        count = len(changes(ast.parse(text)))
        for number in range(0, count, 7):
            tree = ast.parse(text)
            changes(tree)[number].make()
            assert ast.dump(tree) != before
            compile(ast.fix_missing_locations(tree), module, "exec")


def test_a_name_has_its_file_line_and_change() -> None:
    names = every_name()
    assert len(names) > 1000
    assert all(summary(name).startswith("engine/reference/") for name in names[::200])
    assert SERVER.generated(names[0]) == summary(names[0])


@pytest.mark.parametrize("name", ["generated-head-100000", "generated-nothing-1", "generated-mutants-1", "no-date"])
def test_other_names_are_no_generated_mutants(name: str) -> None:
    assert summary(name) == SERVER.generated(name) == ""


def test_the_change_is_made_when_the_module_is_imported() -> None:
    number = next(
        n for n, one in enumerate(changes(ast.parse(generated.source("files").read_text()))) if "r" in one.what
    )
    code = (
        "from engine.reference.mutants import generated\n"
        f"generated.prepare(['app:app', '--mutant', 'generated-files-{number}'])\n"
        "from engine.reference import files, head\n"
        "print(type(files.__spec__.loader).__name__, type(head.__spec__.loader).__name__)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert ran.stdout.split() == ["_Loader", "SourceFileLoader"], ran.stderr


def test_every_name_is_that_of_a_variant() -> None:
    assert [name for name in every_name() if VARIANT.fullmatch(name) is None] == []
