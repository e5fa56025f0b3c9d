from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EnvironmentFailed
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.releases import PINNED, Checkout, Release, Variant, Version
from engine.targets.catalog.servers.base import Server
from engine.targets.environments import cache
from engine.targets.environments import packages as environments
from engine.targets.environments.cache import default_cache
from engine.targets.environments.packages import Environment, Environments, hint, key, pins
from engine.targets.environments.sources import ReleaseSource, ReleaseSources

FAKE = Path(__file__).with_name("fake_uv.py")
ENGINE = Path(__file__).parents[3]


class Bench:
    """A cache, two locks and a uv of our own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.cache = folder / "cache"
        self.log = folder / "uv.log"
        self.uv = folder / "uv"
        self.uv.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{FAKE}" "$@"\n')
        self.uv.chmod(0o755)
        monkeypatch.setenv("FAKE_UV_LOG", str(self.log))
        (folder / "server.lock").write_text("# made from server.in\nGuni_Corn==27.0\n")
        (folder / "requirements.lock").write_text("starlette==1.0\n")
        self.server = Server("guni", "guni", "Guni", folder / "server.lock", base=lambda start: [])
        self.framework = Framework("star", "Star", "app:app", folder)
        self.progress: list[str] = []

    def environments(self, on_progress: Callable[[str], None] | None = None) -> Environments:
        return Environments(self.cache, on_progress=on_progress or self.progress.append, find_uv=lambda: str(self.uv))

    def ensure(self, python: Path | None = None) -> Environment:
        return asyncio.run(self.environments().ensure(self.framework, self.server, python))

    def calls(self, word: str) -> int:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return sum(line.startswith(word) for line in lines)

    def gate(self) -> Path:
        gate = self.folder / "gate"
        os.mkfifo(gate)
        self.monkeypatch.setenv("FAKE_UV_GATE", str(gate))
        return gate

    def another_engine(self, then: str = "") -> subprocess.Popen[str]:
        """Another process that makes the same environment, and does something ``then``; it has the lock once it has
        written a line."""
        script = (
            "import asyncio, sys\nfrom pathlib import Path\n"
            "from engine.targets.environments.packages import Environments\n"
            "from engine.targets.catalog.frameworks import Framework\n"
            "from engine.targets.catalog.servers.base import Server\n"
            "folder = Path(sys.argv[1])\n"
            "server = Server('guni', 'guni', 'Guni', folder / 'server.lock', base=lambda start: [])\n"
            "one = Environments(folder / 'cache', on_progress=lambda text: print(text, flush=True),\n"
            "                   find_uv=lambda: str(folder / 'uv'))\n"
            "print(asyncio.run(one.ensure(Framework('star', 'Star', 'app:app', folder), server)).python, flush=True)\n"
            f"{then}\n"
        )
        other = subprocess.Popen(
            [sys.executable, "-c", script, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ENGINE)},
        )
        assert other.stdout is not None
        assert other.stdout.readline().startswith("making")
        return other


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_made_once_and_found_again_without_uv(bench: Bench) -> None:
    made = bench.ensure()
    assert made.python.exists()
    assert made.versions == {"guni-corn": "27.0", "starlette": "1.0"}
    assert made.version == ".".join(str(number) for number in sys.version_info[:3])
    assert (bench.calls("venv"), bench.calls("pip install")) == (1, 1)
    bench.uv.unlink()
    assert bench.ensure() == made
    assert len(bench.progress) == 2


def test_uv_is_asked_to_compile_and_to_download_no_python(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    hindering = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/elsewhere"}
    for name, value in hindering.items():
        monkeypatch.setenv(name, value)
    bench.ensure()
    venv, install = bench.log.read_text().splitlines()
    assert "--no-python-downloads" in venv
    assert f"--python {sys.executable} " in venv
    assert "--compile-bytecode" in install
    assert not hindering.keys() & environments.uv_environment().keys()


def test_another_lock_is_another_environment(bench: Bench) -> None:
    first = bench.ensure()
    (bench.folder / "requirements.lock").write_text("starlette==2.0\n")
    second = bench.ensure()
    assert second.python != first.python
    assert second.versions["starlette"] == "2.0"
    assert first.python.exists()


def test_a_framework_that_needs_nothing(bench: Bench) -> None:
    (bench.folder / "requirements.lock").write_text("# nothing\n")
    bench.ensure()
    assert bench.log.read_text().count("--requirements") == 1


def test_a_half_made_one_is_made_anew(bench: Bench) -> None:
    made = bench.ensure()
    folder = made.python.parent.parent
    (folder / environments.MARK).unlink()
    (folder / "junk").touch()
    assert bench.ensure() == made
    assert not (folder / "junk").exists()
    assert bench.calls("venv") == 2


@pytest.mark.parametrize("mark", ["", "{", "[]", '{"python": "3"}', "\x00"])
def test_a_broken_mark_counts_for_nothing(bench: Bench, mark: str) -> None:
    made = bench.ensure()
    (made.python.parent.parent / environments.MARK).write_text(mark)
    assert bench.ensure() == made
    assert bench.calls("venv") == 2


def test_one_whose_interpreter_is_gone_is_made_anew(bench: Bench) -> None:
    made = bench.ensure()
    made.python.unlink()
    made.python.symlink_to(bench.folder / "gone")
    assert bench.ensure().python.exists()
    assert bench.calls("venv") == 2


def test_two_engines_make_it_once(bench: Bench) -> None:
    gate = bench.gate()
    with bench.another_engine() as other:
        # Once this one waits, the other's uv is let go on.
        def progress(text: str) -> None:
            bench.progress.append(text)
            gate.write_bytes(b"")

        made = asyncio.run(bench.environments(progress).ensure(bench.framework, bench.server))
        assert other.stdout is not None
        assert other.stdout.read().splitlines()[-1] == str(made.python)
    assert bench.calls("venv") == 1
    assert len(bench.progress) == 1
    assert bench.progress[0].startswith("waiting for guni-star-")


def test_after_a_killed_engine_its_uv_is_awaited_and_all_is_made_anew(bench: Bench) -> None:
    gate = bench.gate()
    with bench.another_engine() as other:
        # The other's uv has begun once somebody reads the gate.
        writer = os.open(gate, os.O_WRONLY)
        other.kill()

    def progress(text: str) -> None:
        bench.progress.append(text)
        if text.startswith("waiting"):
            bench.monkeypatch.delenv("FAKE_UV_GATE")
            os.close(writer)

    made = asyncio.run(bench.environments(progress).ensure(bench.framework, bench.server))
    assert [text.split()[0] for text in bench.progress] == ["waiting", "making", "made"]
    assert bench.calls("venv") == 2
    assert made.versions["starlette"] == "1.0"


def test_cancelling_ends_uv_and_leaves_no_mark(bench: Bench) -> None:
    gate = bench.gate()

    async def scene() -> None:
        making = asyncio.ensure_future(bench.environments().ensure(bench.framework, bench.server))
        # Opening the gate succeeds once uv reads it.
        writer = await asyncio.to_thread(os.open, gate, os.O_WRONLY)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        with pytest.raises(BrokenPipeError):
            os.write(writer, b"x")
        os.close(writer)

    asyncio.run(scene())
    assert not list(bench.cache.rglob(environments.MARK))


def test_what_uv_says_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_UV_FAILS", "Failed to fetch: `index/starlette/`\n  Caused by: dns error")
    with pytest.raises(EnvironmentFailed) as caught:
        bench.ensure()
    assert caught.value.what == "uv could not make the environment for star under guni"
    assert caught.value.log.endswith("Caused by: dns error")
    assert "network" in caught.value.hint
    monkeypatch.delenv("FAKE_UV_FAILS")
    assert bench.ensure().versions["starlette"] == "1.0"


def test_without_uv(bench: Bench) -> None:
    def nothing() -> str:
        raise EnvironmentFailed("uv is not installed", hint="install it")

    with pytest.raises(EnvironmentFailed, match="uv is not installed"):
        asyncio.run(Environments(bench.cache, find_uv=nothing).ensure(bench.framework, bench.server))
    bench.uv.unlink()
    with pytest.raises(EnvironmentFailed, match="uv cannot be run"):
        bench.ensure()


def test_without_a_lock_or_a_cache(bench: Bench) -> None:
    bench.cache.write_text("a file")
    with pytest.raises(EnvironmentFailed, match=r"cache .* cannot be used") as caught:
        bench.ensure()
    assert "ENGINE_CACHE" in caught.value.hint
    (bench.folder / "requirements.lock").unlink()
    (bench.folder / "requirements.in").write_text("starlette\n")
    with pytest.raises(EnvironmentFailed, match=r"star has no lock: there is no .*requirements\.lock") as caught:
        bench.ensure()
    assert caught.value.hint == "make it with: engine lock star"
    (bench.folder / "server.lock").unlink()
    with pytest.raises(EnvironmentFailed, match=r"guni has no lock: there is no .*server\.lock") as caught:
        bench.ensure()
    assert caught.value.hint == "write its requirements into server.in next to it, and make it with: engine lock guni"


def test_an_environment_is_held_while_the_engine_lives_and_old_ones_go(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "LIMIT", 1)
    folders = []
    for number in range(3):
        (bench.folder / "requirements.lock").write_text(f"starlette=={number}.0\n")
        folders.append(bench.ensure().python.parent.parent)
        os.utime(cache.lock_of(folders[-1]), (0, 0))
    assert [folder.is_dir() for folder in folders] == [True, True, True], "all of them are in use"
    assert cache.clear(bench.cache)[0] == []
    for folder in folders:
        cache.release(folder)
        os.utime(cache.lock_of(folder), (0, 0))
    (bench.folder / "requirements.lock").write_text("starlette==9.0\n")
    last = bench.ensure().python.parent.parent
    assert [folder.is_dir() for folder in (*folders, last)] == [False, False, False, True]


def test_two_that_want_it_at_once_share_it(bench: Bench) -> None:
    async def both() -> list[Environment]:
        kept = bench.environments()
        wanted = [kept.ensure(bench.framework, bench.server) for _ in range(2)]
        found: list[Environment] = await asyncio.wait_for(asyncio.gather(*wanted), 30)
        return found

    first, second = asyncio.run(both())
    assert first == second
    assert bench.calls("venv") == 1


def test_another_engine_that_goes_on_using_it_holds_nobody_up(bench: Bench) -> None:
    gate = bench.gate()
    other = bench.another_engine("sys.stdin.read()")
    try:
        threading.Timer(0.2, gate.write_bytes, [b""]).start()
        ensured = bench.environments().ensure(bench.framework, bench.server)
        assert asyncio.run(asyncio.wait_for(ensured, 30)).python.exists()
        assert other.poll() is None
        folder = next(path for path in (bench.cache / "environments").iterdir() if path.is_dir())
        cache.release(folder)
        assert cache.clear(bench.cache) == ([], [folder]), "the other one uses it"
    finally:
        other.kill()
        other.communicate()
    assert bench.calls("venv") == 1


def test_what_was_removed_meanwhile_is_made_again(bench: Bench) -> None:
    folder = bench.ensure().python.parent.parent
    cache.release(folder)
    assert cache.clear(bench.cache) == ([folder], [])
    assert bench.ensure().python.exists()
    assert bench.calls("venv") == 2


def test_another_interpreter_is_asked_for_its_version(bench: Bench, tmp_path: Path) -> None:
    mine = bench.ensure()
    stranger = tmp_path / "python"
    stranger.write_text(f'#!/bin/sh\necho CPython 3.99.0\nexec "{sys.executable}" "$@"\n')
    stranger.chmod(0o755)
    assert bench.ensure(stranger).python != mine.python
    stranger.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(EnvironmentFailed, match="not a working Python"):
        bench.ensure(stranger)
    with pytest.raises(EnvironmentFailed, match="cannot be run"):
        bench.ensure(tmp_path / "none")


def test_the_key_depends_on_all_it_is_made_from_and_on_no_comment() -> None:
    first = key(["a==1"], ["b==1"], "CPython 3.11.7 /usr/bin/python3")
    assert first == key(pins("# head\na==1\n\n"), pins("b==1"), "CPython 3.11.7 /usr/bin/python3")
    others = {
        key(["a==2"], ["b==1"], "CPython 3.11.7 /usr/bin/python3"),
        key(["a==1"], ["b==2"], "CPython 3.11.7 /usr/bin/python3"),
        key(["a==1", "b==1"], [], "CPython 3.11.7 /usr/bin/python3"),
        key(["a==1"], ["b==1"], "CPython 3.12.1 /usr/bin/python3"),
    }
    assert len(others) == 4
    assert first not in others


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path / "own"))
    assert default_cache() == tmp_path / "own"
    monkeypatch.delenv("ENGINE_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_cache().parent == tmp_path / "xdg"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_cache().parent == tmp_path / ".cache"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert default_cache().parent == tmp_path / "Library" / "Caches"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("error: Failed to fetch: `...`", "package index"),
        ("error: No space left on device", "disk"),
        ("error: No interpreter found at path", "Python of 3.11"),
        ("× No solution found when resolving dependencies", "conflict with each other"),
    ],
)
def test_hints_from_uvs_words(output: str, words: str) -> None:
    assert words in hint(output)
    assert hint("something else") == ""


def test_the_mark_is_whole_or_not_there(bench: Bench) -> None:
    folder = bench.ensure().python.parent.parent
    assert json.loads((folder / environments.MARK).read_text())["versions"]["starlette"] == "1.0"
    assert not list(folder.glob("*.draft"))


def release(bench: Bench, release: Release, *pins: str) -> Server:
    (bench.folder / "server.in").write_text("guni-corn==27.0\n")
    return replace(bench.server, package="guni-corn", release=release, variant=Variant("x" if pins else "", pins=pins))


def ensured(bench: Bench, server: Server) -> Environment:
    return asyncio.run(bench.environments().ensure(bench.framework, server))


def test_a_release_is_resolved_and_has_an_environment_of_its_own(bench: Bench) -> None:
    pinned = bench.ensure()
    old = ensured(bench, release(bench, Version("26.2.0")))
    assert old.python != pinned.python
    assert old.versions == {"guni-corn": "26.2.0", "starlette": "1.0"}
    assert ensured(bench, release(bench, Version("26.2.0"))) == old
    assert ensured(bench, release(bench, Version("26.1.0"))).versions["guni-corn"] == "26.1.0"
    assert (bench.calls("venv"), bench.calls("pip compile"), bench.calls("pip install")) == (3, 2, 3)
    compiled = next(line for line in bench.log.read_text().splitlines() if line.startswith("pip compile"))
    assert f"--python {old.python}" in compiled
    assert "--constraint" in compiled
    assert bench.progress[2:4] == [
        "making the environment for f under guni==26.2.0".replace(" f ", f" {bench.framework.name} "),
        next(text for text in bench.progress if text.startswith("made") and "guni==26.2.0" in text),
    ]


def test_pins_make_another_environment_of_the_pinned_release(bench: Bench) -> None:
    plain = bench.ensure()
    pinned = ensured(bench, release(bench, PINNED, "h11==0.14.0"))
    assert pinned.python != plain.python
    assert pinned.versions == {"guni-corn": "27.0", "h11": "0.14.0", "starlette": "1.0"}


def test_a_checkout_that_changes_makes_another_environment(bench: Bench) -> None:
    folder = bench.folder / "checkout"
    folder.mkdir()
    (folder / "setup.py").write_text("one")
    server = release(bench, Checkout(folder, "checkout"))
    first = ensured(bench, server)
    assert ensured(bench, server) == first
    (folder / "setup.py").write_text("two")
    assert ensured(bench, server).python != first.python
    (folder / "setup.py").write_text("one")
    assert ensured(bench, server) == first
    assert bench.calls("venv") == 2


def test_a_commit_is_that_of_now_and_not_of_when_the_environment_was_made(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = release(bench, Version("26.2.0"))
    commits = iter(("abc+changes", "def"))

    async def fixed(self: ReleaseSources, package: str, release: Release) -> ReleaseSource:
        return ReleaseSource("guni-corn==26.2.0", "the same", next(commits))

    monkeypatch.setattr(ReleaseSources, "fixed", fixed)
    assert [ensured(bench, server).commit for _ in range(2)] == ["abc+changes", "def"]
    assert bench.calls("venv") == 1


def test_what_uv_says_of_a_release_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "FAKE_UV_FAILS",
        "Because there is no version of guni-corn==99.0 and you require guni-corn==99.0, unsatisfiable.",
    )
    with pytest.raises(EnvironmentFailed) as caught:
        ensured(bench, release(bench, Version("99.0")))
    assert caught.value.what == "there is no guni-corn 99.0"
    assert "pip index versions guni-corn" in caught.value.hint
    assert "you require" in caught.value.log


def test_the_servers_part_has_nothing_of_the_framework(bench: Bench) -> None:
    one = bench.environments()
    server = release(bench, Version("26.2.0"))
    part = asyncio.run(one.servers_part(server))
    assert part == one.servers_part_now(server) != one.servers_part_now(bench.server)
    (bench.folder / "requirements.lock").write_text("starlette==2.0\n")
    assert asyncio.run(one.servers_part(server)) == part
    assert one.servers_part_now(release(bench, Checkout(bench.folder, "x"))) == ""
    assert not one.made(bench.framework, release(bench, Checkout(bench.folder, "x")))
