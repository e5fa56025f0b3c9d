"""The texts of documents, for showing a line of one. Read once each."""

from __future__ import annotations

from engine.model.packaged import opened


class SourceTexts:
    """Gives the text of a file by its path; "" where it cannot be read any more."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __call__(self, file: str) -> str:
        if file not in self._texts:
            try:
                path = opened(file)
                self._texts[file] = path.read_text(encoding="utf-8") if path.is_file() else ""
            except (OSError, UnicodeDecodeError):
                self._texts[file] = ""
        return self._texts[file]
