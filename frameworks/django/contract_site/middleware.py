"""A function of middleware: it passes requests and responses on, below one path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseBase
from django.utils.decorators import async_only_middleware


@async_only_middleware
def passed(get_response: Callable[[ASGIRequest], Awaitable[HttpResponseBase]]) -> Callable[..., object]:
    async def middleware(request: ASGIRequest) -> HttpResponseBase:
        mine = request.path_info.startswith("/passed/")
        if mine and request.path_info.endswith("/read"):
            _ = request.body
        response = await get_response(request)
        if mine:
            response.headers["X-Passed"] = "1"
        return response

    return middleware
