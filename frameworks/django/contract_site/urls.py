"""The HTTP endpoints."""

from __future__ import annotations

from django.urls import path

from contract_site import views

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
]
