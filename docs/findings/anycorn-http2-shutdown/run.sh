#!/bin/sh
# Starts the server on the port PORT, by default 8000.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8000}
export PYTHONUNBUFFERED=1
exec .venv/bin/python -m anycorn app:app \
    --bind "127.0.0.1:$PORT" \
    --log-file -
