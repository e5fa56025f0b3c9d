"""Finding the case that a word on the command line means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.errors import UsageError
from engine.model.case import Case
from engine.registry import nearest

# More candidates than this are counted, not listed.
MOST = 20


def file_of(name: str) -> str:
    """The file in an address, "" for an id."""
    return name.rpartition("::")[0]


def find(name: str, cases: Sequence[Case], targets: Sequence[str] = ()) -> Case:
    """The case of an address or an id. An item's name, with its target in brackets behind it, means its case.

    Raises UsageError, which lists the candidates where there are several, or names the nearest where there is none.
    """
    whole, bare = name, name
    item = re.fullmatch(r"(.+)\[([^\]]+)\]", name)
    if item and item[2] in targets:
        bare = item[1]
    file, _, wanted = bare.rpartition("::")
    among = [case for case in cases if not file or case.file == file or case.file.endswith(f"/{file}")]
    found = [case for case in among if case.id == wanted] or [case for case in among if case.stem == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        listed = [case.address for case in found[:MOST]]
        if len(found) > MOST:
            listed.append(f"and {len(found) - MOST} more")
        what = f"{whole!r} means {len(found)} cases"
        raise UsageError(what, hint="name one of them:\n    " + "\n    ".join(listed))
    raise UsageError(f"there is no case {whole!r}", hint=hint(bare, file, wanted, cases, among))


def hint(bare: str, file: str, wanted: str, cases: Sequence[Case], among: Sequence[Case]) -> str:
    """The nearest id of the file, or of all files; what lists them where none is near."""
    stems, ids = dict.fromkeys(case.stem for case in among), dict.fromkeys(case.id for case in among)
    elsewhere = dict.fromkeys(case.address for case in cases) if file else {}
    for word, names in ((wanted, ids if "[" in wanted else stems), (wanted, ids), (bare, elsewhere)):
        close = nearest(word, names)
        if close.startswith("did you mean"):
            return close
    return "`engine list cases` lists them"
