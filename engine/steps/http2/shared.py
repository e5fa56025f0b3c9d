"""Parts of schemas that several actions and assertions of HTTP/2 share."""

from __future__ import annotations

from engine.steps.shared.values import scalar

STREAM = scalar(
    "integer", description="The stream; that of the last `headers` by default.", minimum=0, maximum=2**31 - 1
)
