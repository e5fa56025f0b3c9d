"""The ASGI application: Django answers HTTP, Channels answers WebSockets, and a small wrapper answers lifespan."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contract_site.settings")

# Django is set up by this call, which must come before anything that needs its settings.
django_application = get_asgi_application()

from contract_site.lifespan import lifespan  # noqa: E402
from contract_site.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": URLRouter(websocket_urlpatterns),
        "lifespan": lifespan,
    }
)
