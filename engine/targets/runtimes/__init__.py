"""How services come to run: as processes of this machine, in containers, or already."""

LOCAL, DOCKER, RUNNING = "local", "docker", "running"
RUNTIMES = (LOCAL, DOCKER, RUNNING)
# How --url is said.
URL_FORM = "like --url fastapi=http://127.0.0.1:8002"
