"""The limit of open files."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

INSIDE = """
import resource, sys
hard = int(sys.argv[2]) if sys.argv[2] else resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), hard))
from engine.app.open_files import raise_limit
raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("soft", "hard", "then"), [(256, 512, 512), (256, 8192, 4096), (5000, 8192, 5000)])
def test_the_limit_is_raised_as_far_as_it_may_be(soft: int, hard: int, then: int) -> None:
    command = [sys.executable, "-c", INSIDE, str(soft), str(hard)]
    assert int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == then


BACKGROUND = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
from engine.app import worker_process
async def serve(end, host):
    end.close()
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
worker_process.serve = serve
sys.argv[1:] = [str(socket.socketpair()[0].detach())]
worker_process.main()
"""


def test_the_process_beside_pytest_makes_room() -> None:
    """The process starts with a low limit, as on a system that allows 256. Its output is kept after an abrupt end."""
    command = [sys.executable, "-c", BACKGROUND]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    assert int(subprocess.run(command, env=buffered, capture_output=True, text=True, check=True).stdout) > 256
