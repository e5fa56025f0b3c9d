"""The files for ``docker compose``, made from the declarations of the frameworks. Pure.

Each ASGI framework is a service of its name. Of the WSGI apps only the bare one is: it has a server that speaks
FastCGI, and nginx is in front of it. ``port`` in framework.yaml is the published port; a framework without one gets the
next that is free, in the order of the names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.errors import UsageError
from engine.model.target import CONTROLS
from engine.targets.catalog.frameworks import ASGI, Framework
from engine.targets.environments.layout import GATEWAY_PORT, HOME, PORT

FILE, SPOOLS_FILE = "docker-compose.yml", "docker/desks.yml"
FIRST, OF_GATEWAY = 8001, 8081
BARE_WSGI = CONTROLS[1]

HEAD = """\
# Each ASGI framework's app under one server, on fixed ports of this machine; docs/docker.md says more.
# Made from frameworks/*/framework.yaml by: engine compose
#
#   docker compose up -d --build          everything
#   docker compose build fastapi && docker compose up -d fastapi
#
# ASGI_SERVER          a server of the engine's (gunicorn)
# ASGI_SERVER_VERSION  a release of it (the pinned one)
# ASGI_LOOP            auto, asyncio or uvloop (auto)
# PYTHON_IMAGE         the base image (python:3.12-slim)

x-build: &build
  context: .
  dockerfile: docker/Dockerfile
  target: service

x-arguments: &arguments
  BASE: ${PYTHON_IMAGE:-python:3.12-slim}
  SERVER: ${ASGI_SERVER:-gunicorn}
  VERSION: ${ASGI_SERVER_VERSION:-}

x-service: &service
  init: true
  restart: "no"
  security_opt: ["no-new-privileges:true"]
  environment:
    ASGI_LOOP: ${ASGI_LOOP:-auto}

services:
"""
SERVICE = """\
  @NAME@:
    <<: *service
    build: {<<: *build, args: {<<: *arguments, FRAMEWORK: @NAME@}}
    image: asgi-conformance/@NAME@:${ASGI_SERVER:-gunicorn}
    ports: ["127.0.0.1:@PORT@:@INNER@"]

"""
WSGI_SERVICES = """\
  # The WSGI app is served over FastCGI, and nginx is in front of it.
  @NAME@:
    <<: *service
    build: {<<: *build, args: {<<: *arguments, FRAMEWORK: @NAME@, SERVER: fcgisgi, VERSION: ""}}
    image: asgi-conformance/@NAME@:fcgisgi

  nginx:
    <<: *service
    build:
      <<: *build
      target: gateway
      args: {BASE: "${PYTHON_IMAGE:-python:3.12-slim}", GATEWAY: nginx-fastcgi, UPSTREAM: @NAME@}
    image: asgi-conformance/nginx-fastcgi
    ports: ["127.0.0.1:@PORT@:@INNER@"]
    depends_on:
      @NAME@: {condition: service_healthy}
"""
SPOOLS_HEAD = """\
# An addition to docker-compose.yml: each service writes the records of its observer into a folder that the engine
# reads, so that steps about the application are checked with --runtime running as well. Each service needs a folder
# that it may write. Made from frameworks/*/framework.yaml by: engine compose
#
#   export ENGINE_DESK=/tmp/desks
#   for name in $(docker compose config --services); do install -d -m 777 $ENGINE_DESK/$name; done
#   docker compose -f docker-compose.yml -f docker/desks.yml up -d

services:
"""


def ports(frameworks: Iterable[Framework]) -> dict[str, int]:
    """The published ports of the services by name, ordered by port. Raises UsageError for one that two frameworks
    declare, and for that of the gateway."""
    asgi = [one for one in frameworks if one.interface == ASGI]
    taken = {OF_GATEWAY: "the gateway"}
    found: dict[str, int] = {}
    for one in asgi:
        if one.port:
            if one.port in taken:
                what = f"port {one.port} of {one.name} is the port of {taken[one.port]}"
                raise UsageError(what, hint=f"change `port` in {one.folder.name}/framework.yaml, or delete it")
            taken[one.port], found[one.name] = one.name, one.port
    following = FIRST
    for one in asgi:
        if not one.port:
            while following in taken:
                following += 1
            taken[following], found[one.name] = one.name, following
    return dict(sorted(found.items(), key=lambda item: item[1]))


def services(frameworks: Iterable[Framework]) -> list[str]:
    """The names of the services with an app, in the order of the file."""
    frameworks = list(frameworks)
    return [*ports(frameworks), *(one.name for one in frameworks if one.name == BARE_WSGI)]


def compose_files(frameworks: Iterable[Framework]) -> Mapping[str, str]:
    """The texts of the files, by their paths in a checkout. Raises UsageError as ``ports`` does."""
    frameworks = list(frameworks)
    parts = [_filled(SERVICE, NAME=name, PORT=str(port), INNER=str(PORT)) for name, port in ports(frameworks).items()]
    if any(one.name == BARE_WSGI for one in frameworks):
        parts.append(_filled(WSGI_SERVICES, NAME=BARE_WSGI, PORT=str(OF_GATEWAY), INNER=str(GATEWAY_PORT)))
    volume = '{volumes: ["${ENGINE_DESK:?names the folder of spools}/@NAME@:@HOME@/desk"]}'
    spools = [_filled(f"  @NAME@: {volume}\n", NAME=name, HOME=str(HOME)) for name in services(frameworks)]
    return {FILE: HEAD + "".join(parts).rstrip("\n") + "\n", SPOOLS_FILE: SPOOLS_HEAD + "".join(spools)}


def _filled(template: str, **words: str) -> str:
    for name, value in words.items():
        template = template.replace(f"@{name}@", value)
    return template
