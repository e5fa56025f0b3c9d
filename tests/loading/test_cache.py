"""Documents cached by their content: found again while nothing has changed, and never with an error."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.documents.files import SourceText
from engine.loading import cache
from engine.loading.cache import DocumentCache, digest_of, fingerprint, unchanged
from engine.loading.catalogue import clauses_in
from engine.loading.documents import load_paths
from engine.model.case import CaseHeader
from engine.model.clause import Clause
from tests.loading.vocabulary import real

GOOD = """\
suite: S
category: c
cite: [SCOPE-01]
level: must
cases:
  - id: a
    title: A
    matrix: {code: [200, 404]}
    application: {http: [{respond: {status: 200, body: {fill: {of: x, size: 1KiB}}}}]}
    steps:
      - request: {path: /, expect: {status: {any_of: [{var: code}, 200]}, body: {size: 1KiB}}}
      - tcp: {script: [{send: {head: "GET / HTTP/1.1"}}, {response: {expect: {status: 200}}}]}
"""


def write(folder: Path, text: str = GOOD) -> Path:
    path = folder / "a.yaml"
    path.write_text(text)
    return path


def test_a_kept_suite_is_equal_to_a_fresh_one(tmp_path: Path) -> None:
    path, words = write(tmp_path), real()
    kept = DocumentCache(tmp_path / "kept", "mark")
    fresh = load_paths([path], words)
    first = load_paths([path], words, kept)
    assert len(list((tmp_path / "kept" / "mark").glob("*.pickle"))) == 1
    again = load_paths([path], words, kept)
    assert fresh.suites == first.suites == again.suites
    assert len(again.suites[0].cases) == 2
    assert again.files == 1


def test_clauses_are_read_once_for_the_same_documents(tmp_path: Path) -> None:
    def read(documents: Sequence[SourceText]) -> dict[str, Clause]:
        asked.append(len(documents))
        return clauses_in(documents)

    asked: list[int] = []
    kept = DocumentCache(tmp_path / "kept", "mark")
    text = "clauses: C\nlist:\n  - {id: %s, level: must, statement: X.}\n"
    listed = [SourceText(f"{name}.yaml", text % name) for name in ("A-01", "B-01")]
    assert kept.clauses(listed, read) == kept.clauses(listed, read) == clauses_in(listed)
    assert list(kept.clauses(listed[:1], read)) == ["A-01"]
    assert asked == [2, 1]
    for file in kept.folder.iterdir():
        file.write_bytes(b"broken")
    assert list(kept.clauses(listed, read)) == ["A-01", "B-01"]
    assert asked == [2, 1, 2]


def test_headers_are_read_without_bodies(tmp_path: Path) -> None:
    path, words = write(tmp_path), real()
    kept = DocumentCache(tmp_path / "kept", "mark")
    fresh = load_paths([path], words, kept)
    source = SourceText(str(path), GOOD, "a.yaml")
    headers, bodies = kept.find(source, whole=False), kept.find(source, whole=True)
    assert headers is not None
    assert bodies is not None
    assert [type(case) for case in headers.suites[0].cases] == [CaseHeader, CaseHeader]
    assert headers.suites[0].cases == tuple(case.header for case in fresh.whole)
    assert bodies.whole == fresh.whole
    with pytest.raises(TypeError, match=r"a\.yaml::a\[200\] was read without its steps"):
        _ = headers.whole


def test_headers_load_no_module_of_steps_or_matchers(tmp_path: Path) -> None:
    path, kept = write(tmp_path), DocumentCache(tmp_path / "kept", "mark")
    load_paths([path], real(), kept)
    (file,) = kept.folder.glob("*.pickle")
    said = (
        "import sys; from pathlib import Path; from engine.loading.cache import opened\n"
        "print(opened(Path(sys.argv[1]), 'a.yaml', whole=sys.argv[2] == 'whole').cases)\n"
        "print(any(name.startswith(('engine.steps', 'engine.matchers')) for name in sys.modules))"
    )
    for part, loads in (("headers", "False"), ("whole", "True")):
        words = [sys.executable, "-c", said, str(file), part]
        ended = subprocess.run(words, capture_output=True, text=True, check=True)
        assert ended.stdout.split() == ["2", loads]


def test_another_text_or_fingerprint_is_read_afresh(tmp_path: Path) -> None:
    path, words = write(tmp_path), real()
    kept = DocumentCache(tmp_path / "kept", "mark")
    load_paths([path], words, kept)
    assert kept.find(SourceText(str(path), GOOD, "a.yaml"), whole=True) is not None
    assert kept.find(SourceText(str(path), GOOD + "\n", "a.yaml"), whole=True) is None
    assert kept.find(SourceText(str(path), GOOD, "b.yaml"), whole=True) is None
    assert DocumentCache(tmp_path / "kept", "other").find(SourceText(str(path), GOOD, "a.yaml"), whole=True) is None


def test_a_document_is_found_from_another_folder_with_the_path_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, words = write(tmp_path), real()
    kept = DocumentCache(tmp_path / "kept", "mark")
    load_paths([path], words, kept)
    monkeypatch.chdir(tmp_path)
    fresh = load_paths([path], words)
    for whole in (False, True):
        held = unchanged([path], kept, whole=whole)
        assert held is not None
        assert [str(case.place) for case in held.suites[0].cases] == ["a.yaml:6:9"] * 2
    assert held is not None
    assert held.suites == fresh.suites


def test_a_document_with_a_mistake_is_explained_every_time(tmp_path: Path) -> None:
    path, words = write(tmp_path, GOOD.replace("path:", "pth:")), real()
    kept = DocumentCache(tmp_path / "kept", "mark")
    assert load_paths([path], words, kept).errors
    assert load_paths([path], words, kept).errors
    assert not list((tmp_path / "kept").rglob("*.pickle"))


def test_a_broken_file_or_folder_only_costs_time(tmp_path: Path) -> None:
    path, words = write(tmp_path), real()
    kept = DocumentCache(tmp_path / "kept", "mark")
    load_paths([path], words, kept)
    (file,) = (tmp_path / "kept" / "mark").glob("*.pickle")
    file.write_bytes(b"nonsense")
    assert len(load_paths([path], words, kept).suites[0].cases) == 2
    (tmp_path / "taken").write_text("")
    assert len(load_paths([path], words, DocumentCache(tmp_path / "taken", "mark")).suites[0].cases) == 2


def test_the_fingerprint_covers_the_engine_and_facts() -> None:
    one = fingerprint("engine", ["x"])
    assert one == fingerprint("engine", ["x"])
    assert one != fingerprint("engine", ["y"])
    assert one != fingerprint("other", ["x"])


KNOWN = """\
known-failures: What is red
list:
  - case: specs/a.yaml::a
    servers: [daphne]
    because: it is so
    link: https://example.org/1
"""


def test_what_has_not_changed_is_had_without_the_language(tmp_path: Path) -> None:
    path, kept = write(tmp_path), DocumentCache(tmp_path / "kept", "mark")
    other = tmp_path / "b.yaml"
    other.write_text(KNOWN)
    assert unchanged([path, other], kept) is None
    fresh = load_paths([path, other], real(), kept)
    assert not fresh.diagnostics
    held = unchanged([path, other], kept, whole=True)
    assert held is not None
    assert (held.suites, held.known_failures, held.files) == (fresh.suites, fresh.known_failures, 2)
    assert len(held.known_failures) == 1
    sources = [SourceText(str(path), GOOD, "a.yaml"), SourceText(str(other), KNOWN, "b.yaml")]
    assert held.digests == fresh.digests == tuple(map(digest_of, sources))


def test_one_document_that_has_to_be_read_is_enough(tmp_path: Path) -> None:
    path, kept = write(tmp_path), DocumentCache(tmp_path / "kept", "mark")
    load_paths([path], real(), kept)
    assert unchanged([path], kept) is not None
    assert unchanged([path, tmp_path / "none.yaml"], kept) is None


CLAUSES = """\
clauses: Some
list:
  - {id: X-1, level: must, clause: a, statement: b}
"""


def test_clauses_are_held_against_each_other_all_the_same(tmp_path: Path) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text(CLAUSES)
    other.write_text(CLAUSES)
    kept = DocumentCache(tmp_path / "kept", "mark")
    assert not load_paths([one], real(), kept).diagnostics
    assert not load_paths([other], real(), kept).diagnostics
    held = unchanged([one], kept)
    assert held is not None
    assert [(one.id, one.place.line) for one in held.clauses] == [("X-1", 3)]
    assert unchanged([one, other], kept) is None
    (found,) = load_paths([one, other], real(), kept).diagnostics
    assert found.code == "duplicate-id"


READER = """
import sys, time
from pathlib import Path
from engine.documents.files import read_all
from engine.loading.cache import DocumentCache
kept = DocumentCache(Path(sys.argv[1]), "mark")
(source,) = read_all([Path(sys.argv[2])])
assert kept.claim(source, wait=False)
print("reading", flush=True)
sys.stdin.readline()
"""


def test_a_document_that_another_process_reads_is_waited_for_and_others_are_read_meanwhile(tmp_path: Path) -> None:
    paths = []
    for name in "abc":
        paths.append(tmp_path / f"{name}.yaml")
        paths[-1].write_text(GOOD)
    words, folder = real(), tmp_path / "kept"
    reader = [sys.executable, "-c", READER, str(folder), str(paths[0])]
    with subprocess.Popen(reader, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        with ThreadPoolExecutor() as threads:
            loading = threads.submit(load_paths, paths, words, DocumentCache(folder, "mark"))
            kept = folder / "mark"
            while len(list(kept.glob("*.pickle"))) < 2:
                assert not loading.done()
                time.sleep(0.01)
            # The others are read, and the first is still claimed.
            assert not loading.done()
            process.stdin.write("\n")
            process.stdin.flush()
            loaded = loading.result()
    assert [suite.file for suite in loaded.suites] == [suite.file for suite in load_paths(paths, words).suites]
    assert len(list(kept.glob("*.pickle"))) == 3


def test_without_a_writable_folder_a_document_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    kept = DocumentCache(tmp_path / "kept", "mark")
    source = SourceText("a.yaml", GOOD)
    assert kept.claim(source, wait=False)
    kept.release(source)
    assert load_paths([write(tmp_path)], real(), kept).suites


def test_a_process_that_never_ends_its_reading_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = write(tmp_path), tmp_path / "kept"
    monkeypatch.setattr(cache, "PATIENCE", 0.2)
    reader = [sys.executable, "-c", READER, str(folder), str(path)]
    with subprocess.Popen(reader, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        assert load_paths([path], real(), DocumentCache(folder, "mark")).suites
        process.kill()
