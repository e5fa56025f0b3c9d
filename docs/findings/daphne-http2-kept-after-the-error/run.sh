#!/bin/sh
# Starts the server on the port PORT, by default 8000.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8000}
export PYTHONUNBUFFERED=1
[ -f ca.pem ] || .venv/bin/python certificates.py
exec .venv/bin/python -m daphne \
    --endpoint "ssl:$PORT:privateKey=server.key:certKey=server.pem:interface=127.0.0.1" \
    app:app
