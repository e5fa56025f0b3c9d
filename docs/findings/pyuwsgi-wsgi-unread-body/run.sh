#!/bin/sh
# Starts the server on the port PORT, by default 8000.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8000}
export PYTHONUNBUFFERED=1
[ -n "$KEEP" ] || rm -rf calls.log marks
exec .venv/bin/python \
    -c 'import pyuwsgi; pyuwsgi.run()' \
    --http-socket "127.0.0.1:$PORT" \
    --wsgi recorded:app \
    --master \
    --need-app \
    --die-on-term \
    --lazy-apps \
    --threads 50 \
    --listen 100 \
    --buffer-size 32768 \
    --worker-reload-mercy 10
