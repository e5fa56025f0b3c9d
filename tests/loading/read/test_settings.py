"""Reading documents of settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.app.settings import schema_names
from engine.loading.read.settings import schema, settings_of
from engine.loading.schema.validate import checker
from engine.model.settings import Settings
from tests.loading.helpers import node

WHOLE = """\
conformance: Shop
note: More
run:
  servers: [gunicorn@., "gunicorn@../other~two-workers", granian, gunicorn@git+https://host/x@main]
  frameworks: [falcon@.]
  loop: both
  http: "2"
  gateways: [direct]
  variants: ["one: --workers 1"]
  suites: [own.yaml, "own.yaml::case", specs/http]
  categories: [a]
  levels: [must]
  tags: [b]
  baseline: known.yaml
  corpus: "0.1"
servers:
  tiny:
    title: Tiny
    command: [$(python), $(folder)/tiny.py, $(app), $(host), $(port)]
    package: tiny
    requires: [h11]
    interface: wsgi
    loops: [auto]
    offers: [websocket]
    options: {workers: [--workers, $(value)], limits: {head: [--head, $(value)]}}
applications:
  shop: {app: "shop.main:app", folder: src, requirements: r.txt, ready: /up, answers: [GET /health], env: {A: b}}
frameworks: [falcon]
"""


@pytest.fixture
def whole(tmp_path: Path) -> Settings:
    (tmp_path / "own.yaml").touch()
    root = node(WHOLE)
    assert checker(schema(schema_names()))(root)
    return settings_of(root, str(tmp_path / "conformance.yaml"))


def test_paths_are_relative_to_the_document(tmp_path: Path, whole: Settings) -> None:
    here, above = str(tmp_path), os.path.dirname(tmp_path)
    assert whole.file == f"{here}/conformance.yaml"
    assert whole.frameworks == (f"{here}/falcon",)
    assert whole.run.baseline == f"{here}/known.yaml"
    assert whole.run.suites == (f"{here}/own.yaml", f"{here}/own.yaml::case", "specs/http")
    assert whole.run.servers == (
        f"gunicorn@{here}", f"gunicorn@{above}/other~two-workers", "granian", "gunicorn@git+https://host/x@main"
    )  # fmt: skip
    assert whole.run.frameworks == (f"falcon@{here}",)


def test_every_default_is_read(whole: Settings) -> None:
    run = whole.run
    assert (run.loop, run.http, run.gateways, run.variants) == ("both", "2", ("direct",), ("one: --workers 1",))
    assert (run.categories, run.levels, run.tags, run.corpus) == (("a",), ("must",), ("b",), "0.1")


def test_a_server(tmp_path: Path, whole: Settings) -> None:
    (tiny,) = whole.servers
    assert (tiny.name, tiny.title, tiny.package, tiny.interface) == ("tiny", "Tiny", "tiny", "wsgi")
    assert tiny.command[0] == "$(python)"
    assert tiny.folder == str(tmp_path)
    assert (tiny.requires, tiny.loops, tiny.offers) == (("h11",), ("auto",), ("websocket",))
    assert tiny.options == {"workers": ("--workers", "$(value)"), "limits": {"head": ("--head", "$(value)")}}
    assert tiny.place.line == WHOLE.split("\n").index("  tiny:") + 1


def test_an_application(tmp_path: Path, whole: Settings) -> None:
    (shop,) = whole.applications
    assert (shop.name, shop.app, shop.interface, shop.ready) == ("shop", "shop.main:app", "asgi", "/up")
    assert (shop.folder, shop.requirements) == (f"{tmp_path}/src", f"{tmp_path}/r.txt")
    assert (shop.answers, dict(shop.env)) == (("GET /health",), {"A": "b"})


@pytest.mark.parametrize(
    "text",
    [
        "conformance: A\nservers: {tiny: {}}",
        "conformance: A\nservers: {tiny: {command: []}}",
        "conformance: A\nservers: {tiny: {command: [a], loops: [trio]}}",
        "conformance: A\nservers: {tiny: {command: [a], offers: [flying]}}",
        "conformance: A\nservers: {tiny: {command: [a], options: {colour: [a]}}}",
        "conformance: A\napplications: {shop: {app: shop}}",
        'conformance: A\napplications: {shop: {app: "a:b", ready: up}}',
        'conformance: A\napplications: {shop: {app: "a:b", answers: [get]}}',
        "conformance: A\nrun: {loop: trio}",
        'conformance: A\nrun: {corpus: "1"}',
        "conformance: A\nrun: {suites: []}",
        "conformance: A\nrun: {http: 1.1}",
        "servers: {}",
    ],
)
def test_the_schema_rejects_other_forms(text: str) -> None:
    assert not checker(schema(schema_names()))(node(text))
