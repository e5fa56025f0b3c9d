"""The first process of a container: makes the desk, and becomes the server. Standard library only.

Without arguments the server's command line is that of plan.json for the loop that ASGI_LOOP names (auto). Arguments are
a command line in its place. ENGINE_LOG names a file that takes both streams.
"""

import json
import os
import sys

HOME = os.path.dirname(os.path.abspath(__file__))
FOLDERS = ("records", "scripts", "ports", "marks")


def desk(folder):
    """Make the desk's folders, which the engine may write into whoever it is."""
    for name in FOLDERS:
        path = os.path.join(folder, name)
        try:
            os.makedirs(path, exist_ok=True)
            os.chmod(path, 0o777)
        except OSError as error:
            if not os.path.isdir(path):
                print(f"engine: no desk at {folder}: {error.strerror}; nothing will be recorded", file=sys.stderr)
                return


def command(plan, loop):
    """The server's command line on a loop; exits where it has none."""
    commands = plan["commands"]
    if loop not in commands and set(commands) != {"auto"}:
        sys.exit(f"engine: {plan['name']} does not run on ASGI_LOOP={loop}: it has {', '.join(commands)}")
    # A WSGI app has no loop to choose.
    return commands.get(loop) or commands["auto"]


def main(arguments):
    with open(os.path.join(HOME, "plan.json"), encoding="utf-8") as file:
        plan = json.load(file)
    os.umask(0)
    desk(os.environ["ENGINE_DESK"])
    os.umask(0o022)
    log = os.environ.pop("ENGINE_LOG", "")
    if log:
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        for stream in (1, 2):
            os.dup2(descriptor, stream)
        os.close(descriptor)
    line = arguments or command(plan, os.environ.get("ASGI_LOOP") or "auto")
    os.execvpe(line[0], line, {**plan["environment"], **os.environ})


main(sys.argv[1:])
