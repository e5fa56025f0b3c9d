#!/bin/sh
# Starts the server on the port PORT, by default 8000.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8000}
export PYTHONUNBUFFERED=1
[ -n "$KEEP" ] || rm -rf calls.log marks
exec .venv/bin/python -m granian recorded:app \
    --interface wsgi \
    --blocking-threads 50 \
    --host 127.0.0.1 \
    --port "$PORT" \
    --loop auto
