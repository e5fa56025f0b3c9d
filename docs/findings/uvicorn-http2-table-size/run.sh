#!/bin/sh
# Starts the server on the port PORT, by default 8000.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8000}
export PYTHONUNBUFFERED=1
exec .venv/bin/python -m uvicorn app:app \
    --http zttp \
    --http2 \
    --port "$PORT" \
    --loop uvloop \
    --no-access-log
