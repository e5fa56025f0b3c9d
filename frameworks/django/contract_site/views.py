"""The HTTP endpoints' views, all asynchronous."""

from __future__ import annotations

import asyncio
import json
import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBadRequest, JsonResponse, StreamingHttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from contract_site.lifespan import started
from contract_site.showing import as_json

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024
FILES = Path(__file__).parents[1] / "files"
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


@gzip_page
@require_GET
async def compressed_text(request: ASGIRequest) -> HttpResponse:
    return HttpResponse("x" * min(1024 * 1024, int(request.GET.get("size", "1000"))), content_type=PLAIN)


@gzip_page
@require_GET
async def compressed_streaming(request: ASGIRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    return StreamingHttpResponse(pieces(), content_type=PLAIN)


@gzip_page
@require_GET
async def compressed_encoded(request: ASGIRequest) -> HttpResponse:
    return HttpResponse("0123456789" * 200, content_type=PLAIN, headers={"Content-Encoding": "br"})


@csrf_exempt
@require_POST
async def limited(request: ASGIRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)), content_type=PLAIN)


@method_decorator(csrf_exempt, name="dispatch")
class Methods(View):
    async def get(self, request: ASGIRequest) -> HttpResponse:
        return HttpResponse("got", content_type=PLAIN)

    async def post(self, request: ASGIRequest) -> HttpResponse:
        return HttpResponse("posted", content_type=PLAIN)


def shown(*words: object) -> str:
    """A line of the answer of /form."""
    return " ".join(quote(f"{word}", safe="") for word in words) + "\n"


@csrf_exempt
@require_POST
async def form(request: ASGIRequest) -> HttpResponse:
    lines = [(name, shown("field", name, value)) for name, values in request.POST.lists() for value in values]
    for name, files in request.FILES.lists():
        for file in files:
            content = file.read()
            crc = f"{zlib.crc32(content):08x}"
            lines.append((name, shown("file", name, file.name, file.content_type, len(content), crc)))
    text = "".join(line for _, line in sorted(lines, key=lambda pair: pair[0]))
    return HttpResponse(text, content_type=PLAIN)


@require_GET
async def cookies(request: ASGIRequest) -> HttpResponse:
    return JsonResponse(request.COOKIES)


@require_GET
async def set_cookies(request: ASGIRequest) -> HttpResponse:
    response = HttpResponse("OK", content_type=PLAIN)
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@require_GET
async def lines(request: ASGIRequest) -> HttpResponse:
    # Django joins the lines of a field by commas.
    return JsonResponse([request.headers["x-line"]] if "x-line" in request.headers else [], safe=False)


@require_GET
async def raises(request: ASGIRequest) -> HttpResponse:
    raise RuntimeError("words of the handler")


@require_GET
async def refused(request: ASGIRequest) -> HttpResponse:
    raise PermissionDenied


@require_GET
async def endless(request: ASGIRequest) -> StreamingHttpResponse:
    async def ticks() -> AsyncIterator[str]:
        while True:
            yield "tick\n"
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(ticks(), content_type=PLAIN)


@require_GET
async def fails(request: ASGIRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[str]:
        yield "begun"
        raise RuntimeError("words of the handler")

    return StreamingHttpResponse(pieces(), content_type=PLAIN)


@gzip_page
@require_GET
async def compressed_endless(request: ASGIRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[str]:
        while True:
            yield os.urandom(500).hex()
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(pieces(), content_type=PLAIN)


@gzip_page
@require_GET
async def compressed_fails(request: ASGIRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise RuntimeError("words of the handler")

    return StreamingHttpResponse(pieces(), content_type=PLAIN)


@csrf_exempt
def download(request: ASGIRequest) -> FileResponse:
    name = request.GET.get("name", "digits.txt")
    return FileResponse((FILES / "digits.txt").open("rb"), as_attachment=True, filename=name)
