"""The HTTP endpoints."""

from __future__ import annotations

from pathlib import Path

from django.urls import path
from django.views.decorators.gzip import gzip_page
from django.views.static import serve

from contract_site import views

FILES = {"document_root": Path(__file__).parents[1] / "files"}

urlpatterns = [
    path("health", views.health),
    path("scope", views.scope),
    path("scope/<path:deeper>", views.scope),
    path("echo", views.echo),
    path("headers", views.headers),
    path("status/<int:code>", views.status),
    path("streaming", views.streaming),
    path("sse", views.sse),
    path("large", views.large),
    path("delay", views.delay),
    path("lifespan/state", views.lifespan_state),
    path("lifespan/counter", views.lifespan_counter),
    path("files/<path:path>", serve, FILES),
    path("compressed/text", views.compressed_text),
    path("compressed/streaming", views.compressed_streaming),
    path("compressed/encoded", views.compressed_encoded),
    path("compressed/files/<path:path>", gzip_page(serve), FILES),
    path("limited", views.limited),
    path("view", views.Methods.as_view()),
    path("form", views.form),
    path("cookies", views.cookies),
    path("set-cookies", views.set_cookies),
    path("lines", views.lines),
    path("raises", views.raises),
    path("refused", views.refused),
    path("endless", views.endless),
    path("fails", views.fails),
    path("compressed/endless", views.compressed_endless),
    path("compressed/fails", views.compressed_fails),
    path("passed/echo", views.echo),
    path("passed/read", views.echo),
    path("passed/set-cookies", views.set_cookies),
    path("passed/raises", views.raises),
    path("passed/refused", views.refused),
    path("passed/fails", views.fails),
    path("passed/endless", views.endless),
    path("download", views.download),
]
