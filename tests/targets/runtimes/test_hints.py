from __future__ import annotations

import pytest

from engine.targets.runtimes.hints import hint, tail

SYNTAX = """[INFO] Booting worker
Traceback (most recent call last):
  File "/frameworks/x/app.py", line 7
    async def health(request
                    ^
SyntaxError: '(' was never closed
[ERROR] Worker (pid:7) exited with code 3.
"""


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("ModuleNotFoundError: No module named 'starlette'\n", "'starlette' is in none of the environment's"),
        ("ModuleNotFoundError: No module named 'falcon.asgy'\n", "'falcon' is installed and has no module 'asgy'"),
        ("ModuleNotFoundError: No module named 'a.b.c'; 'a.b' is not a package\n", "'a.b' is installed and has no"),
        ("ModuleNotFoundError: No module named 'engine_inside'\n", "installation of the engine is damaged"),
        ("ImportError: cannot import name 'Rout' from 'starlette.routing' (x.py)\n", "cannot import name 'Rout'"),
        (SYNTAX, "SyntaxError in /frameworks/x/app.py, line 7: '(' was never closed"),
        ("Failed to find attribute 'application' in 'app'.\n", "module 'app' has no 'application'"),
        ("[Errno 98] Address already in use\n", "another process has the port"),
        (
            "PermissionError: [Errno 13] Permission denied: '/root/x'\n",
            "Permission denied: '/root/x': this user may not",
        ),
        ("__main__.py: error: unrecognized arguments: --nonsense\n", "no flag --nonsense: see --variant"),
        ("Error: No such option: --nonsense\n", "no flag --nonsense: see --variant"),
        ("granian: unrecognized option '--nonsense'\n", "no flag '--nonsense': see"),
        ("ASGI lifespan startup failed: no database\n", "startup failed; its traceback is in the log. no database"),
        ("Traceback (most recent call last):\nZeroDivisionError: division by zero\n", "is ZeroDivisionError: division"),
        (
            "ssl.SSLError: ('No cipher can be selected.',)\n",
            "its OpenSSL does not take what it was given",
        ),
        ("    ssl.SSLError: [SSL] PEM lib (_ssl.c:3905)\n", "what it was given for TLS: [SSL] PEM lib"),
        ("OSError: [Errno 28] No space left on device\n", "a disk is full"),
    ],
)
def test_a_known_line_gives_a_way_out(log: str, words: str) -> None:
    assert words in hint("[INFO] Starting\n" + log)


def traceback(*frames: str, error: str) -> str:
    """A traceback through those files, as Python writes it."""
    lines = [f'  File "{file}", line {number}, in <module>\n    import x\n' for number, file in enumerate(frames, 3)]
    return "Traceback (most recent call last):\n" + "".join(lines) + error + "\n"


APP, PACKAGE = "/frameworks/x/app.py", "/cache/env/lib/python3.11/site-packages/gunicorn/arbiter.py"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (
            traceback("<frozen importlib._bootstrap>", APP, error="ModuleNotFoundError: No module named 'falcon'"),
            "'falcon' is in none of the environment's packages (imported in /frameworks/x/app.py, line 4): name it in",
        ),
        (
            traceback(APP, PACKAGE, error="ModuleNotFoundError: No module named 'jsonn'"),
            f"there is no module 'jsonn' (imported in {PACKAGE}, line 4): a typo, or a dependency",
        ),
        (
            traceback(APP, PACKAGE, error="ModuleNotFoundError: No module named 'gunicorn.utl'"),
            f"'gunicorn' is installed and has no module 'utl' (imported in {PACKAGE}, line 4)",
        ),
        (
            traceback(APP, error="ImportError: cannot import name 'Rout' from 'starlette' (x.py)"),
            "cannot import name 'Rout' from 'starlette' (x.py) (imported in /frameworks/x/app.py, line 3): a typo, or",
        ),
    ],
)
def test_an_import_that_failed_is_said_with_its_place(log: str, words: str) -> None:
    before = traceback("/elsewhere.py", error="ValueError: something else")
    assert hint(before + log).startswith(words)
    # Where workers say the same by turns, it is said once.
    assert hint(log + log) == hint(log)


def test_the_cause_goes_before_what_follows_from_it() -> None:
    log = "ModuleNotFoundError: No module named 'x'\nRuntimeError: worker failed to boot\n"
    assert hint(log).startswith("'x' is in none")


def test_an_unknown_log_gives_no_hint() -> None:
    assert hint("[INFO] Starting\n[INFO] all is well\n") == ""
    assert hint("") == ""


def test_the_tail_is_the_last_lines() -> None:
    assert tail("".join(f"{number}\n" for number in range(30)), 3) == "27\n28\n29"
    assert tail("one\n") == "one"
    assert tail("") == ""
