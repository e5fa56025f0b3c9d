"""The endpoints' views."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from http import HTTPStatus

from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

PIECE = 64 * 1024
LARGE = 1024 * 1024
LARGEST = 64 * 1024 * 1024
MOST_HEADERS = 1000
LONGEST_HEADER = 64 * 1024
LONGEST = 30_000
PAUSE = 0.1
PLAIN = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"


def problem(code: int) -> JsonResponse:
    """An error as the contract has it."""
    words = {status.value: status.phrase for status in HTTPStatus}
    return JsonResponse({"error": words.get(code, f"Status {code}"), "code": code}, status=code)


def not_found(request: WSGIRequest, exception: Exception) -> JsonResponse:
    """The handler that Django calls for an unknown path, and if a view raises Http404."""
    return problem(404)


def within(number: int, least: int, most: int) -> None:
    """Raises Http404 for a number that is out of bounds."""
    if not least <= number <= most:
        raise Http404


def pieces(size: int) -> Iterator[bytes]:
    """So many bytes ``x``."""
    for start in range(0, size, PIECE):
        yield b"x" * min(PIECE, size - start)


@require_safe
def index(request: WSGIRequest) -> HttpResponse:
    return HttpResponse("OK", content_type=PLAIN)


@csrf_exempt
@require_POST
def echo(request: WSGIRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type=request.headers.get("Content-Type") or BINARY)


@require_GET
def headers(request: WSGIRequest) -> HttpResponse:
    return JsonResponse({name: value for name, value in request.headers.items() if value})


@csrf_exempt
@require_http_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
def environ(request: WSGIRequest, deeper: str = "") -> HttpResponse:
    return JsonResponse({name: value for name, value in request.META.items() if isinstance(value, str)})


@require_GET
def error(request: WSGIRequest, code: int) -> HttpResponse:
    within(code, 400, 599)
    return problem(code)


@require_GET
def large(request: WSGIRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(pieces(LARGE), content_type=BINARY)


@csrf_exempt
@require_POST
def received(request: WSGIRequest) -> HttpResponse:
    try:
        value = json.loads(request.body)
    except ValueError:
        return problem(400)
    return JsonResponse({"received": value, "status": "ok"})


@require_GET
def query(request: WSGIRequest) -> HttpResponse:
    return JsonResponse({name: values[0] for name, values in request.GET.lists()})


@require_safe
def status(request: WSGIRequest, code: int) -> HttpResponse:
    within(code, 200, 599)
    if code in (204, 304):
        return HttpResponse(status=code)
    return HttpResponse(f"Status {code}", status=code, content_type=PLAIN)


@require_GET
def reason(request: WSGIRequest) -> HttpResponse:
    return HttpResponse("special", status=299, reason="Quite Special", content_type=PLAIN)


@require_GET
def cookies(request: WSGIRequest) -> HttpResponse:
    response = HttpResponse("two", content_type=PLAIN)
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@require_GET
def response_headers(request: WSGIRequest, count: int, size: int) -> HttpResponse:
    within(count, 0, MOST_HEADERS)
    within(size, 0, LONGEST_HEADER)
    return HttpResponse("headers", content_type=PLAIN, headers={f"X-N-{each}": "x" * size for each in range(count)})


@require_safe
def sized(request: WSGIRequest, size: int) -> StreamingHttpResponse:
    within(size, 0, LARGEST)
    return StreamingHttpResponse(pieces(size), content_type=BINARY, headers={"Content-Length": str(size)})


@csrf_exempt
@require_POST
def count(request: WSGIRequest) -> HttpResponse:
    size, digest = 0, hashlib.sha256()
    while piece := request.read(PIECE):
        size += len(piece)
        digest.update(piece)
    return JsonResponse({"size": size, "sha256": digest.hexdigest()})


@csrf_exempt
@require_POST
def unread(request: WSGIRequest) -> HttpResponse:
    return HttpResponse("unread", content_type=PLAIN)


@require_GET
def stream(request: WSGIRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        for number in range(5):
            if number:
                time.sleep(PAUSE)
            yield f"chunk-{number}\n"

    return StreamingHttpResponse(lines(), content_type=PLAIN)


@require_GET
def slow(request: WSGIRequest, milliseconds: int) -> HttpResponse:
    within(milliseconds, 0, LONGEST)
    time.sleep(milliseconds / 1000)
    return HttpResponse(f"Waited {milliseconds} ms", content_type=PLAIN)


@require_GET
def raise_before(request: WSGIRequest) -> HttpResponse:
    raise RuntimeError("raised before the response")


@require_GET
def raise_after(request: WSGIRequest) -> StreamingHttpResponse:
    def begun() -> Iterator[str]:
        yield "begun\n"
        raise RuntimeError("raised after the first piece")

    return StreamingHttpResponse(begun(), content_type=PLAIN)
