#!/bin/sh
# Starts the server on the port PORT, by default 8000.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8000}
export PYTHONUNBUFFERED=1
[ -n "$KEEP" ] || rm -rf calls.log marks
exec .venv/bin/python -m uvicorn app:app \
    --http httptools \
    --ws websockets \
    --loop auto \
    --host 127.0.0.1 \
    --port "$PORT" \
    --timeout-graceful-shutdown 10 \
    --timeout-worker-healthcheck 30 \
    --no-access-log \
    --no-use-colors
