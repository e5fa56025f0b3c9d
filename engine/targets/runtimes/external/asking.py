"""GET /health of a service that runs already, by httpx: the service meets the client that people use."""

from __future__ import annotations

import httpx

from engine.targets.runtimes import readiness
from engine.targets.runtimes.readiness import HEADER, MOST, FirstResponse, NotReady


async def ask(address: tuple[str, int], token: str, authority: str) -> FirstResponse:
    """The response of a service to GET /health, on a connection that closes. ``authority`` is its address as it stands
    in a URL. Raises OSError and EOFError if no response
    comes, and NotReady for a malformed one. The caller limits the time."""
    try:
        async with (
            # Nothing here speaks TLS: to load the system's certificates would take longer than the request.
            httpx.AsyncClient(verify=False, timeout=None, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "GET", f"http://{authority}/health", headers={HEADER: token, "Connection": "close"}
            ) as response,
        ):
            size = 0
            async for piece in response.aiter_raw():
                size += len(piece)
                if size > MOST:
                    raise NotReady(f"GET /health was answered with more than {MOST >> 10} KiB")
    except httpx.ConnectError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__ or cause.__context__
        raise (cause if isinstance(cause, OSError) else OSError(str(error))) from None
    except httpx.RemoteProtocolError as error:
        # httpx has one exception for all of it. The engine's own client says what came.
        await readiness.ask(address, token, authority)
        raise NotReady(f"httpx does not accept its response to GET /health: {error}") from None
    except httpx.TransportError as error:
        raise OSError(str(error) or type(error).__name__) from None
    lines = [b"%s: %s" % pair for pair in response.headers.raw]
    return FirstResponse(response.status_code, b"\r\n".join([*lines, b"", b""]))
