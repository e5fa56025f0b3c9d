#!/bin/sh
# Starts the server on the port PORT, by default 8000.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8000}
export PYTHONUNBUFFERED=1
[ -n "$KEEP" ] || rm -rf calls.log marks
exec .venv/bin/python \
    -c 'import sys; from waitress.runner import run; sys.exit(run([sys.argv[0], *sys.argv[2:], sys.argv[1]]))' \
    app:app \
    --listen "127.0.0.1:$PORT" \
    --threads 50
