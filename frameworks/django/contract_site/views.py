"""The HTTP endpoints' views, all asynchronous."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from contract_site.lifespan import started
from contract_site.showing import as_json

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024
PLAIN = "text/plain; charset=utf-8"

kept = {"counter": 0}
"""The data of the views, for the life of the worker."""


@require_GET
async def health(request: ASGIRequest) -> HttpResponse:
    return HttpResponse("OK", content_type=PLAIN)


@require_GET
async def scope(request: ASGIRequest, deeper: str = "") -> HttpResponse:
    return JsonResponse(as_json(request.scope))


@csrf_exempt
@require_POST
async def echo(request: ASGIRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type=request.headers.get("content-type", "application/octet-stream"))


@require_GET
async def headers(request: ASGIRequest) -> HttpResponse:
    return JsonResponse({name.lower(): value for name, value in request.headers.items()})


@require_GET
async def status(request: ASGIRequest, code: int) -> HttpResponse:
    if not 100 <= code <= 599:
        raise Http404
    if code < 200 or code in (204, 304):
        return HttpResponse(status=code)
    return HttpResponse(f"Status {code}", status=code, content_type=PLAIN)


@require_GET
async def streaming(request: ASGIRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[str]:
        for number in range(10):
            yield f"chunk-{number}\n"
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(lines(), content_type=PLAIN)


@require_GET
async def sse(request: ASGIRequest) -> StreamingHttpResponse:
    async def events() -> AsyncIterator[str]:
        for number in range(5):
            yield f"event: message\ndata: {json.dumps({'count': number})}\n\n"
            await asyncio.sleep(0.01)
        yield "event: done\ndata: {}\n\n"

    return StreamingHttpResponse(events(), content_type="text/event-stream")


@require_GET
async def large(request: ASGIRequest) -> HttpResponse | StreamingHttpResponse:
    try:
        size = min(LARGEST, max(0, int(request.GET["size"])))
    except (KeyError, ValueError):
        return HttpResponseBadRequest("size is a whole number of bytes")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, PIECE):
            yield b"x" * min(PIECE, size - start)

    headers = {"Content-Length": str(size)}
    return StreamingHttpResponse(pieces(), content_type="application/octet-stream", headers=headers)


@require_GET
async def delay(request: ASGIRequest) -> HttpResponse:
    try:
        seconds = min(30.0, max(0.0, float(request.GET["seconds"])))
    except (KeyError, ValueError):
        return HttpResponseBadRequest("seconds is a number")
    await asyncio.sleep(seconds)
    return HttpResponse(f"Waited {seconds} seconds", content_type=PLAIN)


@require_GET
async def lifespan_state(request: ASGIRequest) -> HttpResponse:
    return JsonResponse(
        {
            "startup_called": started.get("startup_called", False),
            "startup_time": started.get("startup_time"),
            "counter": kept["counter"],
            "custom_data": {"initialized": started.get("custom_data", {}).get("initialized", False)},
        }
    )


@require_GET
async def lifespan_counter(request: ASGIRequest) -> HttpResponse:
    kept["counter"] += 1
    return JsonResponse(kept)
