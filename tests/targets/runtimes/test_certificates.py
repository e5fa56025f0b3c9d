"""The certificates of a run."""

from __future__ import annotations

import os
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from engine.channels.tls_codec import TlsCodec
from engine.errors import StartError
from engine.targets.catalog.servers.tls import Files
from engine.targets.runtimes.certificates import Certificates


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_where_they_are_said_to_be_and_keys_are_secret(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files, trust = Certificates().write(tmp_path, "127.0.0.1", "optional")
    finally:
        os.umask(before)
    assert {path.parent for path in (files.cert, files.key, files.ca, trust.ca, trust.client, trust.wrong)} == {
        tmp_path / "tls"
    }
    assert [mode(path) for path in (files.key, trust.client, trust.wrong)] == [0o600] * 3
    assert [mode(path) for path in (files.cert, files.ca)] == [0o644] * 2
    assert mode(tmp_path / "tls") == 0o755
    assert (files.asks, trust.asks, trust.ca) == ("optional", "optional", files.ca)
    # Some servers read keys in PKCS 8 alone.
    assert files.key.read_text().startswith("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "172.30.0.2", "localhost"])
def test_a_server_s_certificate_names_where_it_listens(tmp_path: Path, host: str) -> None:
    files, trust = Certificates().write(tmp_path, host)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(files.cert, files.key)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ours.load_verify_locations(trust.ca)
    server, client = TlsCodec(theirs, server_side=True), TlsCodec(ours, host)
    server.feed(client.start())
    client.feed(server.outgoing())
    assert client.done


def test_they_are_made_once_in_a_run(tmp_path: Path) -> None:
    made = Certificates()
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    (one, ours), (two, _) = [made.write(folder, "127.0.0.1") for folder in folders]
    for name in ("cert", "key", "ca"):
        assert getattr(one, name).read_bytes() == getattr(two, name).read_bytes()
    assert ours.client.read_bytes() != ours.wrong.read_bytes()
    (tmp_path / "other").mkdir()
    other, _ = Certificates().write(tmp_path / "other", "127.0.0.1")
    assert other.ca.read_bytes() != one.ca.read_bytes()


def test_the_client_s_name_is_the_certificate_s(tmp_path: Path) -> None:
    _, trust = Certificates().write(tmp_path, "127.0.0.1", "required")
    client = x509.load_pem_x509_certificate(trust.client.read_bytes())
    assert client.subject.rfc4514_string() == trust.client_name
    # A comma is what a name is hard to write with.
    assert "O=Clients\\, and others" in trust.client_name
    assert trust.certificate == trust.client
    assert x509.load_pem_x509_certificate(trust.wrong.read_bytes()).issuer != client.issuer


def test_files_as_another_sees_them() -> None:
    files = Files(Path("/a/tls/server.pem"), Path("/a/tls/server.key"), Path("/a/tls/ca.pem"), "required")
    assert files.at(Path("/engine/desk/tls")) == Files(
        Path("/engine/desk/tls/server.pem"), Path("/engine/desk/tls/server.key"), Path("/engine/desk/tls/ca.pem"),
        "required",
    )  # fmt: skip


def test_a_key_can_be_another_user_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[object, int, int]] = []
    monkeypatch.setattr(os, "chown", lambda path, user, group: given.append((path, user, group)))
    files, _ = Certificates().write(tmp_path, "127.0.0.1", reader=10001)
    assert given == [(files.key, 10001, -1)]


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(StartError, match="certificates for TLS need the package trustme") as caught:
        Certificates().write(tmp_path, "127.0.0.1")
    assert "pip install trustme" in caught.value.hint
    assert not (tmp_path / "tls").exists()


def test_nobody_pays_for_it_who_has_no_tls() -> None:
    code = (
        "import sys, engine.app.engine, engine.targets.runtimes.starter, engine.targets.runtimes.local.host\n"
        "print(sorted({'trustme', 'cryptography', 'engine.channels.tls'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
