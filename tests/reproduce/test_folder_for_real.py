"""Folders of reproductions, run without the engine: the fault shows, and no longer shows once it is fixed."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.app.engine import Engine
from engine.app.naming import target_called
from engine.app.project_paths import ProjectPaths, find
from engine.app.reproducing import folder, running
from engine.errors import UsageError
from engine.targets.environments.packages import Environments
from tests import forked

pytestmark = pytest.mark.service

# A case for each step type, and for each verdict. What the mutant `no-date` lacks is found by a check of a response;
# other step types have an expectation that no server meets.
CASES = """\
suite: Cases
category: first
cite: [SEM-30]
level: must
cases:
  - id: request
    title: A response has a Date
    steps:
      - request: {path: /health, headers: {Authorization: Bearer s3cr3t-token}, expect: {header.date: {is: http-date}}}
  - id: tcp
    title: A raw response has a Date
    steps:
      - tcp:
          script:
            - send: {head: "GET /health HTTP/1.1\\nHost: $(host)"}
            - pause: 10ms
            - response: {expect: {status: 200, header.date: {present: true}}}
  - id: parallel
    title: Each of two responses has a Date
    steps:
      - parallel:
          one: [{request: {path: /health, expect: {header.date: {present: true}}}}]
          other: [{request: {path: /scope, expect: {header.date: {present: true}}}}]
  - id: repeat
    title: The second response has a Date
    steps:
      - repeat:
          times: 2
          steps: [{request: {path: /health, query: {n: $(n)}, expect: {header.date: {present: true}}}}]
  - id: held
    title: A response has a Date while two connections of earlier turns are open
    steps:
      - repeat: {times: 2, index: n, steps: [{tcp: {connection: held, script: [{send: "GET /health HTTP/1.1\\r\\n"}]}}]}
      - request: {path: /health, expect: {header.date: {present: true}}}
  - id: eventually
    title: A response has a Date at some time
    steps:
      - eventually: {within: 200ms, steps: [{request: {path: /health, expect: {header.date: {present: true}}}}]}
  - id: connect
    title: A response on a connection that was opened before has a Date
    steps:
      - connect: {as: one, capture: {near: local}}
      - request: {path: /health, connection: one, expect: {header.date: {present: true}, open: true}}
  - id: websocket
    title: A handshake has a Date, and messages are echoed
    steps:
      - websocket:
          connect: /ws/echo
          script: [{send: {text: one}}, {receive: {expect: {text: one}}}, {ping: x}, {receive: {within: 100ms}}]
  - id: app
    title: The application is called, and sees a number
    application:
      http:
        - read_body: {as: body}
        - get: {scope: method, as: method}
        - spawn: {as: other, script: [{sleep: 1ms}]}
        - join: other
        - respond: {status: 201, headers: [[x-a, b]], body: c}
    steps:
      - request: {method: POST, path: /any, body: abc, expect: {status: 201, body: c}}
      - app: {expect: {calls: 1, scope.method: POST, result.body.value: {bytes: abc}, result.method.value: PUT}}
  - id: marks
    title: The application goes on after the client's mark
    application:
      http: [{mark: begun}, {await: asked}, {respond: {status: 200, headers: [], body: ok}}]
    steps:
      - parallel:
          client: [{request: {path: /, expect: {status: 200, header.date: {present: true}}}}]
          other: [{await: begun}, {mark: asked}]
  - id: timeout
    title: The application sets a mark
    timeout: 1s
    application: {paths: {/other: [{mark: never}]}}
    steps:
      - request: {path: /health, expect: {status: 200}}
      - await: never
  - id: processes
    title: The server starts, and ends by a signal with a status of its own
    server: {workers: 2}
    steps:
      - start: {}
      - measure: {as: before, expect: {processes: {at_least: 3}}}
      - request: {path: /health, as: one, expect: {status: 200}}
      - kill_worker: {of: one, signal: KILL}
      - log: {within: 1s, expect: {text: {contains: listening}}}
      - signal: TERM
      - exit: {within: 8s, expect: {code: 77}}
  - id: log
    title: The log has a word
    steps:
      - request: {path: /health, expect: {status: 200}}
      - log: {expect: {text: {contains: xyzzy}}}
  - id: measure
    title: The server has many processes
    steps:
      - request: {path: /health, expect: {status: 200}}
      - measure: {expect: {processes: 99}}
  - id: start
    title: The server starts although the application's startup fails
    needs: [lifespan]
    application:
      lifespan: [{receive: {}}, {send: {type: lifespan.startup.failed, message: refused}}]
    steps:
      - start: {}
      - request: {path: /health, expect: {status: 200}}
  - id: crash
    title: The server survives a request
    steps:
      - request: {path: /crash, expect: {status: 200}}
  - id: unix
    title: On a Unix socket a response has a Date
    server: {listen: unix}
    steps:
      - connect: {as: one, capture: {socket: remote}}
      - request: {path: /scope, connection: one, expect: {status: 200}}
      - app: {expect: {scope.server: {any_of: [{present: false}, {equals: null}, {var: socket}]}}}
      - request: {path: /health, expect: {header.date: {present: true}}}
  - id: ipv6
    title: On IPv6 a response has a Date
    server: {listen: ipv6}
    steps:
      - connect: {as: one, capture: {local: local, remote: remote}}
      - request: {path: /scope, connection: one, expect: {status: 200}}
      - app: {expect: {scope.client: {var: local}, scope.server: {var: remote}}}
      - request: {path: /health, expect: {header.date: {present: true}}}
  - id: divided
    title: A response to a divided request has a Date
    delivery: bytes
    steps:
      - request: {path: /health, expect: {header.date: {present: true}}}
  - id: same
    title: A response and its call are those of an earlier one, and a third is not
    steps:
      - request: {path: /health, as: first}
      - app: {of: first, as: given}
      - request: {path: /health, as: second, expect: {same_as: first}}
      - app: {of: second, expect: {same_as: given}}
      - request: {path: /scope, expect: {same_as: {step: first, without: [headers.content-length]}}}
  - id: browse
    title: A client follows redirects, and sends the cookies that they have set
    application:
      paths:
        /first:
          - respond:
              status: 302
              headers:
                - [location, "/second?b=1"]
                - [set-cookie, "one=1; Path=/"]
                - [set-cookie, "two=2; Path=/"]
                - [content-length, "0"]
        /second:
          - respond: {status: 307, headers: [[location, last], [set-cookie, "one=3; Path=/"], [content-length, "0"]]}
        /last:
          - respond: {status: 200, headers: [[content-length, "5"]], body: there}
    steps:
      - request:
          path: /first
          follow: true
          cookies: jar
          expect:
            body: there
            redirects: [{status: 302, location: "/second?b=1"}, {status: 307, location: last}]
            cookie.one: "3"
            cookie.two: "2"
      - app: {within: 2s, expect: {calls: 3, paths: [/first, /second, /last]}}
      - request: {path: /last, cookies: jar, expect: {status: 200}}
      - app: {within: 2s, expect: {calls: 1, scope.header.cookie: {contains: one=3}}}
      - request: {path: /last, cookies: jar, expect: {header.date: {present: true}}}
  - id: warning
    title: A response has a Date, if possible
    level: should
    steps:
      - request: {path: /health, expect: {header.date: {present: true}}}
"""
# Those that show a fault of the mutant, which the reference server does not have.
OF_THE_MUTANT = (
    "request",
    "tcp",
    "parallel",
    "repeat",
    "held",
    "eventually",
    "connect",
    "marks",
    "unix",
    "ipv6",
    "browse",
    "warning",
)
NAMES = (
    *OF_THE_MUTANT, "websocket", "app", "timeout", "processes", "log", "measure", "start", "crash", "same",
)  # fmt: skip
TARGET = "reference~no-date-control-auto"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectPaths:
    """A run of the cases on the mutant. The bare app of the run ends its process for /crash."""
    home = tmp_path_factory.mktemp("repro")
    shutil.copytree("frameworks", home / "frameworks", ignore=shutil.ignore_patterns("__pycache__"))
    app = home / "frameworks" / "control" / "app.py"
    crash = "async def crash(scope: Scope, receive: Receive, send: Send) -> None:\n    os._exit(3)\n\n\nHandler = "
    text = app.read_text("utf-8").replace("Handler = ", crash, 1).replace("import json\n", "import json\nimport os\n")
    app.write_text(text.replace('    "/health"', '    "/crash": ("GET", crash),\n    "/health"', 1), "utf-8")
    contract = home / "frameworks" / "contract.yaml"
    endpoint = "endpoints:\n  - {kind: http, method: GET, path: /crash, summary: the end}"
    contract.write_text(contract.read_text("utf-8").replace("endpoints:", endpoint, 1), "utf-8")
    (home / "cases.yaml").write_text(CASES, "utf-8")
    arguments = ["grid", "cases.yaml", "--server", "reference~no-date", "--framework", "control"]
    done = forked.engine(home, [*arguments, "--results", "results", "--frameworks", "frameworks"])
    assert done.returncode == 1, done.stdout + done.stderr
    return find(str(home / "results"), str(home / "frameworks"))


@pytest.fixture(scope="module")
def environment(project: ProjectPaths) -> Path:
    """The environment of the target, which the reproductions use as theirs."""
    return environment_of(project, TARGET)


def environment_of(project: ProjectPaths, name: str) -> Path:
    engine = Engine(project)
    target = target_called(engine, name)
    pair = engine.configured_frameworks[target.framework_configuration], engine.configured[target.configuration]
    return asyncio.run(Environments(project.cache).ensure(*pair)).python.parent.parent


@pytest.fixture
def here(project: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the run was made, as the working directory."""
    monkeypatch.chdir(project.frameworks.parent)
    return project.frameworks.parent


def made(project: ProjectPaths, case: str, where: Path, environment: Path) -> folder.Folder:
    """Write a reproduction, with an environment that is there."""
    found = folder.reproduction("last", case, "", project)
    found.write(where)
    (where / ".venv").symlink_to(environment)
    return found


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("case", NAMES)
def test_a_reproduction_shows_its_fault_without_the_engine(
    case: str, project: ProjectPaths, environment: Path, tmp_path: Path
) -> None:
    where = tmp_path / case
    found = made(project, f"cases.yaml::{case}", where, environment)
    assert found.complete, found.lacks
    outcome = running.run(where)
    assert outcome.shows, outcome.output + outcome.log
    text = "".join(path.read_text("utf-8") for path in where.iterdir() if path.suffix in (".py", ".md", ".sh", ".txt"))
    assert "s3cr3t-token" not in text
    assert str(tmp_path) not in text
    assert "import engine." not in text
    if case in OF_THE_MUTANT:
        script = where / "run.sh"
        script.write_text(script.read_text("utf-8").replace("--mutant no-date", ""), "utf-8")
        fixed = running.run(where)
        assert fixed.status == running.GONE, fixed.output + fixed.log


@pytest.mark.usefixtures("here")
def test_a_server_that_does_not_start_shows_nothing(project: ProjectPaths, environment: Path, tmp_path: Path) -> None:
    where = tmp_path / "broken"
    made(project, "cases.yaml::request", where, environment)
    (where / "app.py").write_text("import nowhere_to_be_found\n", "utf-8")
    outcome = running.run(where)
    assert outcome.status == running.UNKNOWN
    assert "nowhere_to_be_found" in outcome.log


@pytest.mark.usefixtures("here")
def test_a_step_before_the_deciding_one_that_fails_leaves_the_result_open(
    project: ProjectPaths, environment: Path, tmp_path: Path
) -> None:
    where = tmp_path / "other"
    made(project, "cases.yaml::log", where, environment)
    app = where / "app.py"
    app.write_text(app.read_text("utf-8").replace("200", "500"), "utf-8")
    outcome = running.run(where)
    assert outcome.status == running.UNKNOWN
    assert "needed status: 200" in outcome.output


def test_the_command_writes_a_readme_and_checks_folders(
    project: ProjectPaths, environment: Path, here: Path, tmp_path: Path
) -> None:
    options = ["--results", str(project.results), "--frameworks", str(project.frameworks)]
    done = forked.engine(
        here, ["repro", "last", "cases.yaml::request", "-o", str(tmp_path / "found/request"), *options]
    )
    assert done.returncode == 0, done.stderr
    readme = (tmp_path / "found/request/README.md").read_text("utf-8")
    for part in ("# reference", "## Run it", "python3 client.py", "## Expected", "RFC 91", "## Actual", "got none"):
        assert part in readme, part
    (tmp_path / "found/request/.venv").symlink_to(environment)
    done = forked.engine(tmp_path, ["repro", "--check", "found"])
    assert (done.returncode, done.stdout) == (0, "found/request: the fault shows\n1 of 1 faults show\n")
    script = tmp_path / "found/request/run.sh"
    script.write_text(script.read_text("utf-8").replace("--mutant no-date", ""), "utf-8")
    done = forked.engine(tmp_path, ["repro", "--check", "found"])
    assert done.returncode == 1
    assert "found/request: the fault does not show\n" in done.stdout
    assert "0 of 1 faults show\n" in done.stdout


@pytest.mark.usefixtures("here")
def test_the_readme_says_how_bytes_are_divided(project: ProjectPaths) -> None:
    found = folder.reproduction("last", "cases.yaml::divided[bytes]", "", project)
    assert "got none when the client's bytes come byte by byte (A response" in found.texts["README.md"]
    assert "WHOLE=1 python3 client.py" in found.texts["README.md"]
    assert "byte_by_byte(" in found.texts["client.py"]
    assert ".venv/" in found.texts[".gitignore"]
    assert "# request (cases.yaml:" in found.texts["client.py"]


@pytest.mark.usefixtures("here")
def test_what_cannot_be_reproduced_is_an_error(project: ProjectPaths, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("")
    with pytest.raises(UsageError, match="has other files"):
        folder.reproduction("last", "cases.yaml::request", "", project).write(tmp_path)
    with pytest.raises(UsageError, match="no case 'nowhere'"):
        folder.reproduction("last", "nowhere", "", project)


def test_a_server_behind_a_gateway_and_an_app_without_a_server(tmp_path: Path) -> None:
    """FastCGI records that no response follows, and a call of a framework's application."""
    options = ["--results", str(tmp_path / "results")]
    for arguments in (
        [
            "specs/fastcgi/protocol.yaml::get-values",
            "--server",
            "pyuwsgi",
            "--gateway",
            "nginx-fastcgi",
            "--framework",
            "wsgi-control",
        ],
        ["specs/frameworks/obligations.yaml::least-scope", "--framework", "quart"],
    ):
        done = forked.engine(Path.cwd(), ["grid", *arguments, *options])
        assert done.returncode == 0, done.stdout + done.stderr
        project = find(str(tmp_path / "results"))
        case = arguments[0].rpartition("::")[2]
        found = folder.reproduction("last", case, "", project)
        assert found.complete, found.lacks
        where = tmp_path / case
        found.write(where)
        target = "pyuwsgi-wsgi-control-auto-nginx-fastcgi" if case == "get-values" else "gunicorn-quart-auto"
        (where / ".venv").symlink_to(environment_of(project, target))
        outcome = running.run(where)
        assert outcome.shows, outcome.output + outcome.log


def test_certificates_are_created_for_tls(tmp_path: Path) -> None:
    shutil.copy("engine/reproduce/parts/certificates.py", tmp_path)
    subprocess.run([sys.executable, "certificates.py"], cwd=tmp_path, check=True, timeout=60)
    assert {"ca.pem", "server.pem", "server.key", "client.pem", "wrong.pem"} <= {one.name for one in tmp_path.iterdir()}
    assert "client.example" in (tmp_path / "client.pem.name").read_text("utf-8")
