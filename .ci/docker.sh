# Provides a Docker engine on a Debian machine without one, and a base image without a registry. Source this file.
#
#   docker_up FOLDER    starts Docker, with its log in FOLDER; returns 1 on failure, with the reason in $docker_trouble
#   docker_base FOLDER  sets PYTHON_IMAGE, unless it is set already; uses FOLDER for Debian's files
#   docker_down         stops the Docker engine that docker_up started

docker_trouble=""
docker_pid=""
docker_packages="docker.io docker-compose debootstrap"
docker_usual="python:3.12-slim"
docker_standin="python-standin:3.11"

docker_answers() { command -v docker > /dev/null && timeout 20 docker info > /dev/null 2>&1; }

docker_up() {
  local folder=$1 try
  docker_answers && return 0
  if [ "$(id -u)" != 0 ]; then
    docker_trouble="no Docker engine answers, and only root can start one"
    return 1
  fi
  if ! command -v dockerd > /dev/null; then
    if ! command -v apt-get > /dev/null; then
      docker_trouble="there is no dockerd, and no apt-get to install it with"
      return 1
    fi
    # shellcheck disable=SC2086 # a list
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q $docker_packages; } \
      > "$folder/apt.log" 2>&1; then
      docker_trouble="apt-get could not install $docker_packages: $(tail -n 1 "$folder/apt.log")"
      return 1
    fi
  fi
  dockerd > "$folder/dockerd.log" 2>&1 &
  docker_pid=$!
  for try in $(seq 60); do
    docker_answers && return 0
    kill -0 "$docker_pid" 2> /dev/null || break
    sleep 1
  done
  docker_trouble="dockerd does not come up: $(tail -n 1 "$folder/dockerd.log")"
  docker_down
  return 1
}

docker_base() {
  local folder=$1
  [ -n "${PYTHON_IMAGE:-}" ] && return 0
  if ! command -v debootstrap > /dev/null; then
    export PYTHON_IMAGE=$docker_usual
    docker image inspect "$PYTHON_IMAGE" > /dev/null 2>&1 && return 0
    timeout 300 docker pull -q "$PYTHON_IMAGE" > "$folder/pull.log" 2>&1 && return 0
    docker_trouble="there is no debootstrap, and $PYTHON_IMAGE cannot be pulled: $(tail -n 1 "$folder/pull.log")"
    return 1
  fi
  export PYTHON_IMAGE=$docker_standin
  docker image inspect "$PYTHON_IMAGE" > /dev/null 2>&1 && return 0
  if ! debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python3-pip bookworm \
    "$folder/debian" > "$folder/debootstrap.log" 2>&1; then
    docker_trouble="debootstrap failed: $(tail -n 1 "$folder/debootstrap.log")"
    return 1
  fi
  # Builds use the certificates of this machine to reach the package index.
  cp -L /etc/ssl/certs/ca-certificates.crt "$folder/debian/etc/ssl/certs/ca-certificates.crt"
  if ! tar -C "$folder/debian" -c . | docker import - "$PYTHON_IMAGE" > "$folder/import.log" 2>&1; then
    docker_trouble="the base image could not be imported: $(tail -n 1 "$folder/import.log")"
    return 1
  fi
}

docker_down() {
  [ -n "$docker_pid" ] || return 0
  kill "$docker_pid" 2> /dev/null
  wait "$docker_pid" 2> /dev/null
  docker_pid=""
}
