"""How services come to run: as processes of this machine, in containers, or already."""

# How --url is said.
URL_FORM = "like --url fastapi=http://127.0.0.1:8002"
