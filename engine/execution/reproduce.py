"""A command that sends the same bytes by hand. Pure."""

from __future__ import annotations

import base64
import shlex

from engine.model.transcript import PAST_GATEWAY, Side, Transcript

ENGINES_HEADERS = ("x-engine-call",)
WHERE = "127.0.0.1:8000"
NETCAT = f"nc {WHERE.replace(':', ' ')}"


def reproduce(transcript: Transcript, target: str) -> str:
    """Shell commands that start the target and send what the last connection sent: by curl where curl can, else by a
    pipe into nc, or with TLS into openssl. "" where nothing was sent, and for what went past a gateway: its port is
    not known before."""
    sent = [moment for moment in transcript.moments if moment.side is Side.WIRE and moment.what == "sent"]
    past_gateway = any(moment.side is Side.STEP and moment.what == PAST_GATEWAY for moment in transcript.moments)
    if not sent or past_gateway:
        return ""
    connection = sent[-1].subject
    pieces = [moment.data for moment in sent if moment.subject == connection]
    shaken = [moment.detail for moment in transcript.moments if moment.what == "tls" and moment.subject == connection]
    command = curl(b"".join(pieces), "https" if shaken else "http") if len(pieces) == 1 else ""
    serve = f"engine serve {target} --port {WHERE.partition(':')[2]}" + (" --tls" if shaken else "")
    return f"{serve}\n{command or netcat(pieces, openssl(shaken[-1]) if shaken else NETCAT)}"


def curl(data: bytes, scheme: str = "http") -> str:
    """A curl command for one well-formed request; "" for anything that curl would not send as it stands."""
    head, separator, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    words = lines[0].split(b" ")
    if not separator or len(words) != 3 or words[2] not in (b"HTTP/1.0", b"HTTP/1.1") or not head.isascii():
        return ""
    method, target = words[0].decode(), words[1].decode()
    options: list[str] = []
    length: int | None = None
    hosts = 0
    for line in lines[1:]:
        name, colon, value = line.decode().partition(": ")
        lower = name.lower()
        if not colon or lower in ("transfer-encoding", "upgrade", "expect") or name.strip() != name:
            return ""
        if lower == "content-length":
            if not value.isdigit():
                return ""
            length = int(value)
        elif lower == "host":
            hosts += 1
        elif lower not in ENGINES_HEADERS:
            options += ["-H", f"{name}: {value}" if value else f"{name};"]
    # curl always sends one Host, and it is its own.
    if hosts != 1 or len(body) != (length or 0) or not target.startswith("/"):
        return ""
    command = ["curl", "-i", "--path-as-is"]
    if scheme == "https":  # the certificate is made anew each time
        command += ["--insecure", "--http1.1"]
    if words[2] == b"HTTP/1.0":
        command.append("--http1.0")
    if method == "HEAD":
        command.append("--head")
    elif method != ("POST" if body else "GET"):
        command += ["-X", method]
    pipe = ""
    if body:
        if body.isascii() and b"\0" not in body and len(body) <= 2000:
            command += ["--data-raw", body.decode()]
        elif len(body) <= 2000:
            pipe = f"printf %s {base64.b64encode(body).decode()} | base64 -d | "
            command += ["--data-binary", "@-"]
        else:
            pipe = f"head -c {len(body)} /dev/urandom | "
            command += ["--data-binary", "@-"]
        if not any(option.lower().startswith("content-type:") for option in options):
            options += ["-H", "Content-Type:"]
    return pipe + shlex.join([*command, *options, f"{scheme}://{WHERE}{target}"])


def openssl(handshake: str) -> str:
    """What stands for nc with TLS, of the version that a handshake came to."""
    version = " -tls1_2" if handshake.startswith("TLS 1.2") else ""
    return f"openssl s_client -quiet{version} -alpn http/1.1 -connect {WHERE}"


def netcat(pieces: list[bytes], into: str = NETCAT) -> str:
    """A pipe into nc, with a pause between what was written apart; long writes are cut, and it says so."""
    commands: list[str] = []
    for piece in pieces[:8]:
        cut = piece[:1500]
        commands.append(f"printf '{_octal(cut)}'" + (f"  # … {len(piece)} B in all" if len(cut) < len(piece) else ""))
    joined = "; sleep 0.2; ".join(command.partition("  #")[0] for command in commands)
    comment = "  # cut" if len(pieces) > 8 or any(len(piece) > 1500 for piece in pieces) else ""
    return f"({joined}; sleep 2) | {into}{comment}"


def _octal(data: bytes) -> str:
    """Bytes for printf's format in single quotes, readable where they can be."""
    out: list[str] = []
    for byte in data:
        if byte == 0x0D:
            out.append("\\r")
        elif byte == 0x0A:
            out.append("\\n")
        elif 0x20 <= byte < 0x7F and byte not in b"'\\%":
            out.append(chr(byte))
        else:
            out.append(f"\\{byte:03o}")
    return "".join(out)
