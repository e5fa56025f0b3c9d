"""Services that run already."""

# How --url is said.
URL_FORM = "like --url fastapi=http://127.0.0.1:8002"
