"""The endpoints. Numbers out of their bounds are for the views to refuse."""

from __future__ import annotations

from django.urls import path

from contract_site import views

urlpatterns = [
    path("", views.index),
    path("echo", views.echo),
    path("headers", views.headers),
    path("environ", views.environ),
    path("environ/<path:deeper>", views.environ),
    path("error/<int:code>", views.error),
    path("large", views.large),
    path("json", views.received),
    path("query", views.query),
    path("status/<int:code>", views.status),
    path("reason", views.reason),
    path("cookies", views.cookies),
    path("response-headers/<int:count>/<int:size>", views.response_headers),
    path("size/<int:size>", views.sized),
    path("count", views.count),
    path("unread", views.unread),
    path("stream", views.stream),
    path("slow/<int:milliseconds>", views.slow),
    path("raise/before", views.raise_before),
    path("raise/after", views.raise_after),
]

handler404 = "contract_site.views.not_found"
