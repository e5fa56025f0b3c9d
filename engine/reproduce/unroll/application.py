"""The application of a case as an ASGI file of a few lines. Pure.

A script becomes a coroutine function with a statement for each command. What the script leaves to the contract, and a
case without a script, gets the handlers of the contract's bare app that its requests use, and no others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from functools import cache

from engine.model.case import AppCommand, Application, Case
from engine.model.variables import fill
from engine.reproduce.unroll.assemble import APPLICATION, Module, assemble, parsed, part
from engine.reproduce.unroll.source import CannotUnroll, double_quoted, identifier, wrapped
from engine.reproduce.unroll.variables import Names

LIFESPAN = """\
async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})"""
FALLBACK = """\
async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})"""
# Handlers that show the state that the contract's own lifespan fills.
OF_LIFESPAN = ("/lifespan/", "/scope", "/ws/scope")
REQUEST = re.compile(r"[A-Z]{3,} (?:https?://[^/ ]*)?(/[^ ?\\'\"]*)")


class Script:
    """Writes the statements of one script. ``records`` is true if outcomes are written down."""

    def __init__(self, names: Names, kind: str, *, records: bool) -> None:
        """``kind`` is the type of the scope."""
        self.names = names
        self.kind = kind
        self.records = records
        self.lines: list[str] = []
        self.indent = 1
        self.connected = False
        self.accepted = False
        self.tasks: list[str] = []
        self.contexts: dict[str, str] = {}
        self.patient = False

    def line(self, statement: str) -> None:
        """Write one statement, wrapped."""
        self.lines += wrapped(statement, self.indent)

    def run(self, commands: Sequence[AppCommand]) -> None:
        """Write commands in order."""
        for command in commands:
            self.command(command)
        if not commands:
            self.line("pass")

    def command(self, command: AppCommand) -> None:
        """Write one command; with a name, its outcome is written down, or at least its exception is ignored. Raises
        CannotUnroll for a command without a form in plain Python."""
        if command.word == "spawn":
            self.spawn(command)
            return
        until = command.word == "repeat" and isinstance(command.argument, Mapping) and command.argument.get("until")
        if command.name is None and not until:
            self.statement(command, "")
            return
        name = command.name or ""
        result = identifier(f"{name}_result", ()) if name else ""
        if self.records and name:
            keeps = command.word in ("receive", "read_body", "get", "repeat", "send_file")
            self.line(f"with Outcome({name!r}){f' as {result}' if keeps else ''}:")
        else:
            self.line("with contextlib.suppress(Exception):")
            result = ""
        self.indent += 1
        self.statement(command, result)
        self.indent -= 1

    def statement(self, command: AppCommand, result: str) -> None:
        """Write the statements of a command; ``result`` is the variable of its outcome, "" if nobody asks."""
        write = getattr(self, f"on_{command.word}", None)
        if write is None:
            raise CannotUnroll(f"the application's command `{command.word}` has no form in plain Python")
        write(command.argument, result)

    def keep(self, result: str, key: str, expression: str) -> None:
        """Write an expression, whose value an outcome keeps if there is one."""
        self.line(f"{result}.values[{key!r}] = {expression}" if result else expression)

    # Commands

    def on_receive(self, argument: Mapping[str, object], result: str) -> None:
        within = (argument or {}).get("within")
        self.patient = self.patient or within is not None
        self.keep(result, "event", "await receive()" if within is None else f"await receive(within={within})")
        self.connected = True

    def on_read_body(self, argument: object, result: str) -> None:
        if result:
            self.line(f"{result}.values['value'], {result}.values['event'] = await read_body(receive)")
        else:
            self.line("await read_body(receive)")

    def on_send(self, argument: Mapping[str, object], result: str) -> None:
        event = argument["event"]
        self.line(f"await send({self.python(event)})")
        if isinstance(event, Mapping) and event.get("type") == "websocket.accept":
            self.accepted = True

    on_send_raw = on_send

    def on_respond(self, argument: Mapping[str, object], result: str) -> None:
        kind = "websocket.http" if self.kind == "websocket" else "http"
        status, headers = self.python(argument["status"]), self.python(argument.get("headers") or [])
        self.line(f"await send({{'type': '{kind}.response.start', 'status': {status}, 'headers': {headers}}})")
        body = self.python(argument.get("body") or b"")
        self.line(f"await send({{'type': '{kind}.response.body', 'body': {body}}})")

    def on_send_file(self, argument: Mapping[str, object], result: str) -> None:
        given = [self.python(argument["content"])]
        given += [f"{key}={self.python(value)}" for key, value in argument.items() if key != "content"]
        self.keep(result, "value", f"await send_file(send, {', '.join(given)})")

    def on_accept(self, argument: Mapping[str, object], result: str) -> None:
        if not self.connected:
            self.line("await receive()")
            self.connected = True
        self.line(f"await send({self.python({'type': 'websocket.accept', **(argument or {})})})")
        self.accepted = True

    def on_echo(self, argument: object, result: str) -> None:
        if self.kind != "websocket":
            self.line("await echo_body(scope, receive, send)")
            return
        if not self.connected:
            self.line("await receive()")
        if not self.accepted:
            self.line("await send({'type': 'websocket.accept'})")
        self.line("await echo_messages(receive, send)")

    def on_set(self, argument: Mapping[str, Mapping[str, object]], result: str) -> None:
        for path, value in (argument.get("scope") or {}).items():
            *way, last = path.split(".")
            place = f"part(scope, {'.'.join(way)!r})" if way else "scope"
            self.line(f"{place}[{last!r}] = {self.python(value)}")
        for name, value in (argument.get("context") or {}).items():
            self.line(f"{self.context(name)}.set({self.python(value)})")

    def on_get(self, argument: Mapping[str, str], result: str) -> None:
        if "env" in argument:
            self.keep(result, "value", f"os.environ.get({argument['env']!r})")
        elif "context" in argument:
            self.keep(result, "value", f"{self.context(argument['context'])}.get(None)")
        else:
            self.keep(result, "value", f"part(scope, {argument['scope']!r})")

    def on_block(self, argument: object, result: str) -> None:
        self.line(f"time.sleep({self.python(argument)})")

    def on_sleep(self, argument: object, result: str) -> None:
        self.line(f"await asyncio.sleep({self.python(argument)})")

    def on_raise(self, argument: Mapping[str, object], result: str) -> None:
        self.line(f"raise {argument.get('class', 'RuntimeError')}({self.python(argument.get('message', ''))})")

    def on_return(self, argument: object, result: str) -> None:
        self.line("return")

    def on_repeat(self, argument: Mapping[str, object], result: str) -> None:
        commands = argument["script"]
        if not isinstance(commands, (list, tuple)):
            raise CannotUnroll("a `repeat` of the application without a script has no form in plain Python")
        if result:
            self.line(f"{result}.values['count'] = 0")
        self.line(f"for _ in range({self.python(argument['times'])}):")
        self.indent += 1
        self.run(commands)
        if result:
            self.line(f"{result}.values['count'] += 1")
        self.indent -= 1

    def on_mark(self, argument: str, result: str) -> None:
        self.line(f"mark({fill(argument, self.names)!r})")

    def on_await(self, argument: str, result: str) -> None:
        self.line(f"await wait_for_mark({fill(argument, self.names)!r})")

    def on_join(self, argument: str, result: str) -> None:
        self.line(f"await joined({identifier(argument, ())}_task)")

    def on_cancel(self, argument: str, result: str) -> None:
        self.line(f"await cancelled({identifier(argument, ())}_task)")

    def spawn(self, command: AppCommand) -> None:
        """Write a nested coroutine function, and the task that runs it."""
        name = identifier(command.name or "task", ())
        commands = command.argument["script"] if isinstance(command.argument, Mapping) else ()
        self.line(f"async def {name}():")
        self.indent += 1
        if self.records and command.name:
            self.line(f"with Outcome({command.name!r}, passes=True):")
            self.indent += 1
        self.run(commands)
        if self.records and command.name:
            self.indent -= 1
        self.indent -= 1
        self.line(f"{name}_task = asyncio.create_task({name}())")
        self.tasks.append(f"{name}_task")

    def context(self, name: str) -> str:
        """The constant of a context variable."""
        constant = identifier(name, ()).upper() + "_VARIABLE"
        self.contexts[constant] = name
        return constant

    def python(self, value: object) -> str:
        """The expression of a value."""
        return self.names.expression(value)


def function(
    name: str, commands: Sequence[AppCommand], names: Names, kind: str, *, records: bool
) -> tuple[str, dict[str, str]]:
    """The source of the coroutine function of a script, and the context variables that it uses."""
    script = Script(names, kind, records=records)
    script.run(commands)
    lines = script.lines
    if script.patient:
        lines = ["    receive = Messages(receive)", *lines]
    if script.tasks:
        first = next(at for at, one in enumerate(lines) if one.startswith("    async def "))
        inner = ["    " + one if one else one for one in lines[first:]]
        ends = f"        await cancelled({', '.join(script.tasks)})"
        lines = [*lines[:first], *started(script.tasks), "    try:", *inner, "    finally:", ends]
        lines = [
            one.replace(f"await cancelled({', '.join(script.tasks)})", "await cancelled(*tasks)")
            if one == ends
            else one
            for one in lines
        ]
        lines = [line_of_task(one, script.tasks) for one in lines]
    return "\n".join([f"async def {name}(scope, receive, send):", *lines]), script.contexts


def started(tasks: Sequence[str]) -> list[str]:
    """The statement before the first task."""
    del tasks
    return ["    tasks = []"]


def line_of_task(line: str, tasks: Sequence[str]) -> str:
    """A line that creates a task, with a line that remembers it."""
    for task in tasks:
        if line.strip().startswith(f"{task} = asyncio.create_task("):
            space = line[: len(line) - len(line.lstrip())]
            return f"{line}\n{space}tasks.append({task})"
    return line


def application(case: Case, contract: str, client: str, *, records: bool) -> str:
    """The source of ``app.py`` for the bare ASGI app. ``contract`` is the source of the contract's bare app, ``client``
    that of the client, whose requests decide what is needed of it. ``records`` is true if the client checks the
    application's calls. Raises CannotUnroll."""
    scripts = case.body.application or Application()
    names = Names(case.body.variables)
    functions: list[str] = []
    branches: list[tuple[str, str]] = []
    contexts: dict[str, str] = {}
    taken: set[str] = set()

    def add(condition: str, wanted: str, commands: Sequence[AppCommand], kind: str) -> None:
        name = identifier(wanted, taken)
        taken.add(name)
        source, used = function(name, commands, names, kind, records=records)
        contexts.update(used)
        functions.append(source)
        branches.append((condition, f"await {name}(scope, receive, send)"))

    for path, commands in scripts.paths.items():
        filled = fill(path, names)
        name = "on_" + re.sub(r"\W+", "_", filled).strip("_") if filled.strip("/") else "on_root"
        condition = f"scope['type'] != 'lifespan' and scope['path'] == {filled!r}"
        kind = "websocket" if filled.startswith("/ws") or is_websocket(filled, client) else "http"
        add(condition, name, commands, kind)
    if scripts.http is not None:
        add("scope['type'] == 'http'", "http", scripts.http, "http")
    if scripts.websocket is not None:
        add("scope['type'] == 'websocket'", "websocket", scripts.websocket, "websocket")
    module = parsed(contract)
    handlers = used_handlers(contract, client, scripts) if scripts.http is None or scripts.websocket is None else {}
    for (kind, path), handler in handlers.items():
        if (kind == "http" and scripts.http is None) or (kind == "websocket" and scripts.websocket is None):
            test = f"scope['path'].startswith({path!r})" if path.endswith("/") else f"scope['path'] == {path!r}"
            call = f"await {handler}(scope, receive, send)"
            if kind == "websocket":
                call = f"await receive()  # websocket.connect\n        {call}"
            branches.append((f"scope['type'] == '{kind}' and {test}", call))
    own = []
    if scripts.lifespan is not None:
        source, used = function("lifespan", scripts.lifespan, names, "lifespan", records=records)
        contexts.update(used)
        own.append(source)
    elif not any(path.startswith(OF_LIFESPAN) for _, path in handlers) and "state" not in client:
        own.append(LIFESPAN)
    rest = "await not_found(send)"
    if scripts.http is None:
        own.append(FALLBACK)
    else:
        rest = ""
    body = "\n\n\n".join([dispatcher(branches, rest), *functions, *own])
    kept = [module_without(module, {"app", *(() if not own or "async def lifespan" not in own[0] else ("lifespan",))})]
    declared = "\n".join(f"{constant} = ContextVar({name!r})" for constant, name in sorted(contexts.items()))
    body = f"{declared}\n\n\n{body}" if declared else body
    found = assemble(body, [STANDARD, *(part(name) for name in APPLICATION), *kept])
    lines = {*found.imports.split("\n"), *found.inner_imports.split("\n")}
    imports = "\n".join(sorted({*lines, *(["from recorder import Outcome"] if "Outcome(" in body else [])}))
    text = "\n\n\n".join(one for one in (body, found.definitions) if one)
    return double_quoted(f"{doc(case)}{split_imports(imports)}{text}\n")


STANDARD = parsed(
    "import asyncio\nimport contextlib\nimport os\nimport random\nimport time\nfrom contextvars import ContextVar\n"
)


def split_imports(imports: str) -> str:
    """Import lines in the order of isort: modules, names, own modules."""
    lines = [one for one in imports.split("\n") if one]
    own = [one for one in lines if one.startswith("from recorder")]
    plain = sorted(one for one in lines if one.startswith("import "))
    names = sorted(one for one in lines if one.startswith("from ") and one not in own)
    blocks = ["\n".join([*plain, *names]), "\n".join(own)]
    found = "\n\n".join(one for one in blocks if one)
    return f"{found}\n\n\n" if found else ""


def doc(case: Case) -> str:
    """The docstring of the file."""
    return f'"""The application for: {case.title}."""\n\nfrom __future__ import annotations\n\n'


def is_websocket(path: str, client: str) -> bool:
    """True if the client's request for a path is a handshake."""
    at = client.find(f"GET {path}")
    return at >= 0 and "Upgrade: websocket" in client[at : at + 400]


def dispatcher(branches: Sequence[tuple[str, str]], rest: str) -> str:
    """The application itself: each kind of call goes to its function."""
    lines = ["async def app(scope, receive, send):", "    if scope['type'] == 'lifespan':"]
    lines.append("        await lifespan(scope, receive, send)")
    for condition, call in branches:
        lines += [f"    elif {condition}:", f"        {call}"]
    if rest:
        lines += ["    elif scope['type'] == 'http':", f"        {rest}"]
    return "\n".join(lines)


def module_without(module: Module, names: set[str]) -> Module:
    """A module without some of its definitions."""
    return Module(tuple(one for one in module.definitions if one.name not in names), module.imports)


def used_handlers(contract: str, client: str, scripts: Application) -> dict[tuple[str, str], str]:
    """The handlers of the contract's bare app for the paths that a client requests: by the type of the scope and the
    path, a path that ends in a slash for all below it."""
    found: dict[tuple[str, str], str] = {}
    requested = {match[1] for match in REQUEST.finditer(client)}
    for kind, path, handler in tables(contract):
        if path in requested and path not in scripts.paths:
            found[kind, path] = handler
    if any(path.startswith("/status/") for path in requested):
        found["http", "/status/"] = "status"
    if any(path.startswith("/scope/") for path in requested):
        found["http", "/scope/"] = "show_scope"
    return found


@cache
def tables(contract: str) -> tuple[tuple[str, str, str], ...]:
    """The routes of the contract's bare app: the type of the scope, the path, and the name of the handler."""
    found = []
    for node in ast.parse(contract).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(node.value, ast.Dict):
            kind = {"HTTP": "http", "WEBSOCKET": "websocket"}.get(node.target.id)
            for key, value in zip(node.value.keys, node.value.values, strict=True) if kind else ():
                handler = value.elts[1] if isinstance(value, ast.Tuple) else value
                if isinstance(key, ast.Constant) and isinstance(handler, ast.Name) and kind:
                    found.append((kind, str(key.value), handler.id))
    return tuple(found)
