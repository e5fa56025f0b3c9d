"""Services that run already."""

# The syntax of --url.
URL_FORM = "like --url fastapi=http://127.0.0.1:8002"
