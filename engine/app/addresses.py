"""Suites and cases as a command line names them: files, folders, addresses and ids, from any folder.

A path is looked up below the working directory, then below the root of the collection that contains the working
directory, then among the engine's own suites. A document is looked up as well in collections below the working
directory, if exactly one has it. So a printed address works in the folder where it was printed, and in almost every
other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.app.engine import Engine
from engine.app.project_paths import relative
from engine.documents.diagnostics import Diagnostic
from engine.documents.files import SUFFIXES, SourceText, has_documents, read_all
from engine.documents.roots import Roots, absolute, marked
from engine.errors import UsageError
from engine.execution.planning.deliveries import addressed
from engine.loading.loaded import Loaded
from engine.model.addresses import Address, bare, meant, parsed
from engine.model.case import Case, CaseHeader, whole
from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan
from engine.model.verdict import JobResult
from engine.registry import nearest

# More candidates than this are counted, not listed.
MOST = 20
# The ids of a file with no more cases are named in a message.
FEW = 10
# The search for collections below the working directory: its depth, the number of folders, and excluded names.
DEPTH = 3
FOLDERS = 2000
UNLIKELY = frozenset({"node_modules", "venv", "site-packages"})
SUGGESTION = "did you mean"


@dataclass(frozen=True)
class NamedCases:
    """The documents and cases that a command line names. ``paths`` are the documents to read. Every case below a path
    in ``whole`` is selected, of the other paths only those of ``addresses``. Without any address every case is
    selected."""

    paths: tuple[Path, ...]
    whole: tuple[Path, ...] = ()
    addresses: tuple[Address, ...] = ()
    roots: Roots | None = field(default=None, compare=False)

    def takes(self, case: CaseHeader) -> bool:
        """True if a case is selected."""
        if not self.addresses:
            return True
        path = absolute(Path(case.place.file))
        return any(path.is_relative_to(one) for one in self.whole) or any(
            meant(str(one), [case.address]) for one in self.addresses
        )

    def cases(self, loaded: Loaded, *, extended: bool = True) -> list[CaseHeader]:
        """The selected cases of the loaded documents; an address may end in a delivery that its case does not declare.
        Without ``extended``, extended cases are left out unless they are all that an address means. Raises UsageError
        for an address that matches none of them."""
        every = [case for suite in loaded.suites for case in suite.cases]
        named: set[str] = set()
        more: dict[str, CaseHeader] = {}
        for one in self.addresses:
            if found := meant(str(one), [case.address for case in every]):
                named.update(in_default_run([case for case in every if case.address in set(found)]))
                continue
            undeclared = addressed(every, str(one))
            if not undeclared:
                raise unknown(one, every, loaded)
            more.update((case.address, case) for case in undeclared)
        chosen = [case for case in every if self.takes(case)]
        kept = [case for case in chosen if extended or not case.extended or case.address in named]
        return [*kept, *more.values()]


def in_default_run(cases: Iterable[CaseHeader]) -> set[str]:
    """The addresses of those of the cases of one address that run without ``--extended``: the others too if there are
    no others."""
    cases = list(cases)
    return {case.address for case in cases if not case.extended} or {case.address for case in cases}


def named(words: Sequence[str], engine: Engine, among: Sequence[str] = ()) -> NamedCases:
    """Resolve words of a command line: files, folders, addresses, ids; without any, every suite of the engine's own.
    Ids are looked up in the suites under ``among``, by default the engine's own. Raises UsageError for a path that does
    not exist."""
    every = [relative(engine.project_paths.specs)]
    if not words:
        return NamedCases(tuple(every), roots=Roots(every))
    whole: list[Path] = []
    found: list[tuple[Path | None, Address]] = []
    for word in words:
        path = located(word, engine)
        address = parsed(word)
        if path is not None:
            whole.append(path)
        elif address.file or not is_path(word):
            file = located(address.file, engine) if address.file else None
            if file is None and (several := candidates(address.file, engine)):
                paths_of = [str(Address(path.as_posix(), address.case)) for path in several]
                raise UsageError(f"{word!r} means {len(several)} suites", hint=listed(paths_of))
            found.append((file, address))
        else:
            raise no_path(word, engine)
        if not address.case:
            raise UsageError(f"{word!r} is not the address of a case", hint="use FILE::CASE or FILE::CASE[VALUE]")
    files = [path for path, _ in found if path is not None]
    ids = [one.case.partition("[")[0] for path, one in found if path is None]
    anywhere = ([one for word in among if (one := located(word, engine)) is not None] or every) if ids else []
    roots = Roots([*whole, *files, *anywhere])
    paths = [*whole, *files, *with_ids(anywhere, ids)]
    addresses = [Address(roots.address(path), one.case) if path is not None else one for path, one in found]
    return NamedCases(tuple(paths), tuple(absolute(path) for path in whole), tuple(addresses), roots)


def with_ids(paths: Sequence[Path], ids: Sequence[str]) -> Sequence[Path]:
    """The documents below some paths that define a case of one of the ids; all of the paths if an id is in none of
    them. Reading a text costs far less than loading its cases."""
    missing = set(ids)
    found: list[Path] = []
    for source in read_all(paths):
        here = set() if isinstance(source, Diagnostic) else {one for one in ids if _defines(source.text, one)}
        if here and isinstance(source, SourceText):
            found.append(Path(source.file))
        missing -= here
    return paths if missing else found


def _defines(text: str, id: str) -> bool:
    return (
        id in text
        and re.search(rf"""\bid:\s+["']?{re.escape(id)}["']?\s*(?:[,}}#]|$)""", text, re.MULTILINE) is not None
    )


def paths(words: Sequence[str], engine: Engine) -> list[Path]:
    """The files and folders that some words name; without any, every suite of the engine's own. Raises UsageError for a
    path that does not exist."""
    found = []
    for word in words:
        path = located(word, engine)
        if path is None:
            raise no_path(word, engine)
        found.append(path)
    return found or [relative(engine.project_paths.specs)]


def documents(words: Sequence[str], engine: Engine) -> list[Path]:
    """As ``paths``. Raises UsageError as well for a folder without documents."""
    found = paths(words, engine)
    for path in found:
        if not has_documents(path):
            hint = f"the name of a spec file ends in {' or '.join(SUFFIXES)}"
            raise UsageError(f"there are no spec files in {path}", hint=hint)
    return found


def is_path(word: str) -> bool:
    """True if a word can only be a path: no id has a slash or the suffix of a document."""
    return "/" in word.partition("[")[0] or word.endswith(SUFFIXES) or word in (".", "..")


def located(text: str, engine: Engine) -> Path | None:
    """The file or folder of a path or of a document's address, as the user would type it; None if it does not exist.
    One that exists and cannot be read is found too, since the reader of documents reports the reason."""
    folders = [Path()]
    if is_path(text) or text == engine.project_paths.specs.name:
        here = marked(Path.cwd())
        folders += [here] if here is not None else []
        folders.append(engine.project_paths.specs.parent)
    return next((relative(folder / text) for folder in folders if _exists(folder / text)), None) or _below(text, engine)


def _exists(path: Path) -> bool:
    """True if there is something at a path, even a link that leads nowhere or a file in a closed folder."""
    try:
        return path.exists() or path.is_symlink()
    except OSError:
        return True


def _below(address: str, engine: Engine) -> Path | None:
    """The document of an address in a collection whose root lies below the working directory; None if there is none or
    several."""
    found = candidates(address, engine)
    return found[0] if len(found) == 1 else None


def candidates(address: str, engine: Engine) -> list[Path]:
    """The documents that have an address in a collection whose root lies below the working directory; none if the end
    of an address of the engine's own suites is the same."""
    if not address.endswith(SUFFIXES) or Path(address).is_absolute() or ".." in Path(address).parts:
        return []
    if next(engine.project_paths.specs.rglob(address), None) is not None:
        return []
    return [
        folder / address
        for folder in _folders()
        if os.path.isfile(folder / address) and marked(folder) in (None, absolute(folder))
    ]


def _folders() -> Iterator[Path]:
    """Folders below the working directory, the nearest first: no more than can be read in a moment."""
    level, count = [Path()], 0
    for _ in range(DEPTH):
        inner: list[Path] = []
        for folder in level:
            with suppress(OSError), os.scandir(folder) as entries:
                names = sorted(one.name for one in entries if one.is_dir(follow_symlinks=False))
                inner += [folder / name for name in names if not name.startswith((".", "_")) and name not in UNLIKELY]
            if len(inner) + count > FOLDERS:
                return
        yield from inner
        level, count = inner, count + len(inner)


def no_path(word: str, engine: Engine) -> UsageError:
    """The error for a path that does not exist, with the nearest that does."""
    hint = nearest(word.removeprefix("./").rstrip("/"), list(there(Path(word).parent, engine)))
    usual = "name files or folders of suites, or cases as FILE::CASE"
    return UsageError(f"no such file or folder: {word}", hint=hint if hint.startswith(SUGGESTION) else usual)


def there(folder: Path, engine: Engine) -> Iterator[str]:
    """The files and folders next to a path that does not exist, and those of the suites that come with the engine."""
    if folder.is_dir():
        yield from (str(path) for path in folder.iterdir() if path.is_dir() or path.suffix in SUFFIXES)
    specs = engine.project_paths.specs
    found = [path for path in specs.rglob("*") if path.is_dir() or path.suffix in SUFFIXES]
    yield from (path.relative_to(specs.parent).as_posix() for path in [specs, *found])


def unknown(one: Address, cases: Sequence[CaseHeader], loaded: Loaded) -> UsageError:
    """The error for an address that matches no case, with the nearest suite, id or value."""
    if broken := meant(str(one), loaded.broken):
        file = parsed(broken[0]).file
        return UsageError(f"the case {broken[0]} has errors", hint=f"`engine lint {file}` shows them")
    files = [suite.file for suite in loaded.suites]
    inside = [case for case in cases if not one.file or case.file == one.file or case.file.endswith(f"/{one.file}")]
    if one.file and one.file not in files and not inside:
        addresses = [name for case in cases for name in (case.address, bare(case.address))]
        hints = (nearest(str(one), addresses), nearest(one.file, files))
        near = next((hint for hint in hints if hint.startswith(SUGGESTION)), "`engine list suites` lists them")
        return UsageError(f"there is no suite {one.file!r}", hint=_mistakes(near, loaded))
    what = f"there is no case {str(one)!r}"
    stems, ids = {case.stem: 0 for case in inside}, {case.id: 0 for case in inside}
    folders = {str(folder): 0 for file in files for folder in Path(file).parents if not one.file}
    for names in ({**(ids if "[" in one.case else stems), **folders}, ids, {case.id: 0 for case in cases}):
        hint = nearest(one.case, names)
        if hint.startswith(SUGGESTION):
            return UsageError(what, hint=_mistakes(hint, loaded))
    known = f"the cases of this file: {', '.join(ids)}" if one.file and 0 < len(ids) <= FEW else ""
    return UsageError(what, hint=_mistakes(known or "`engine list cases` lists them", loaded))


def _mistakes(hint: str, loaded: Loaded) -> str:
    return f"{hint}\n  some spec files have errors: `engine lint` shows them" if loaded.errors else hint


def one(word: str, engine: Engine, among: Sequence[str] = (), targets: Iterable[str] = ()) -> Case:
    """The one case of an address or an id, with its body. The name of a pytest item, with one of ``targets`` in
    brackets behind it, is accepted as well. Raises UsageError for none, and for several, which it lists."""
    inner, _, last = word.removesuffix("]").rpartition("[")
    if inner and word.endswith("]") and last in set(targets):
        word = inner
    what = named([word], engine, among)
    if not what.addresses:
        raise UsageError(f"{word!r} is not the address of a case", hint="use FILE::CASE or FILE::CASE[VALUE]")
    return only(word, what, engine.load(what.paths, what.roots, whole=True))


def only(word: str, what: NamedCases, loaded: Loaded) -> Case:
    """The one case that a word names among loaded documents, with its body. Raises UsageError for none, and for
    several, which it lists."""
    found = what.cases(loaded)
    # Of several the word means the one that it is a whole ending of, and else all.
    exact = meant(str(what.addresses[0]), [case.address for case in found])
    found = [case for case in found if case.address in exact]
    if len(found) > 1:
        raise UsageError(f"{word!r} means {len(found)} cases", hint=listed([case.address for case in found]))
    return whole(found[0])


def canonical(word: str, engine: Engine) -> str:
    """An address whose file is written as records have it, where the file is there; any other word as it is."""
    address = parsed(word)
    path = located(address.file, engine) if address.file else None
    return str(Address(Roots([path]).address(path), address.case)) if path is not None else word


def placed(result: JobResult, engine: Engine) -> JobResult:
    """A result whose spans have paths relative to the working directory, if its document is found. A record has them as
    they were typed where it was made."""
    path = located(result.file, engine)
    if path is None:
        return result

    def here(place: SourceSpan) -> SourceSpan:
        moved = Path(place.file).name == path.name and not Path(place.file).exists()
        return replace(place, file=str(path)) if moved else place

    def all_here(mismatches: Iterable[Mismatch]) -> tuple[Mismatch, ...]:
        return tuple(replace(one, place=here(one.place)) for one in mismatches)

    step = here(result.step) if result.step is not None else None
    return replace(result, step=step, mismatches=all_here(result.mismatches), warnings=all_here(result.warnings))


def listed(names: Sequence[str]) -> str:
    """Candidates below each other."""
    rows = [*names[:MOST], f"and {len(names) - MOST} more"] if len(names) > MOST else names
    return "name one of them:\n    " + "\n    ".join(rows)


__all__ = ["NamedCases", "bare", "canonical", "located", "named", "one", "paths", "placed"]
