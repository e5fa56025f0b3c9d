"""Whether the service of this container is well, by its exit code: GET /health, or, where no HTTP is spoken, a
connection that is taken. Standard library only."""

import json
import os
import socket
import sys
import urllib.error
import urllib.request

WITHIN = 3.0
# What a gateway answers of its own while the server behind it does not.
NOT_YET = (502, 504)


def status(port):
    """What GET /health is answered with."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/health", timeout=WITHIN) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "plan.json"), encoding="utf-8") as file:
        plan = json.load(file)
    try:
        if plan["speaks"] != "http":
            socket.create_connection(("127.0.0.1", plan["port"]), WITHIN).close()
            return
        found = status(plan["port"])
    except OSError as error:
        sys.exit(f"not well: {error}")
    if found != 200 and (not plan["any_status"] or found in NOT_YET):
        sys.exit(f"not well: GET /health was answered with {found}")


main()
