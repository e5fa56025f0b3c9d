"""Facts that only the work of a client shows: the cookies of a jar, and the redirects that were followed."""

from __future__ import annotations

from engine.loading.rules.view import View

CODE = "never-matches"

# A fact, or the beginning of its name, the key that it needs, and an example of that key.
_NEEDED = (("cookie.", "cookies", "cookies: jar"), ("redirects", "follow", "follow: true"))


def check(view: View) -> None:
    """A fact of a jar in a request that keeps no cookies; redirects of one that follows none."""
    for item in view.items():
        if item.name != "request":
            continue
        for name, place in item.named():
            for beginning, key, example in _NEEDED:
                word = item.body.get(key)
                about = name.startswith(beginning) if beginning.endswith(".") else name == beginning
                if about and (word is None or word.value is False):
                    what = f"{name!r} says nothing about a request without `{key}`"
                    view.notes.error(place, CODE, what, f"add `{example}` to the request")
