from __future__ import annotations

import pytest

from engine.model.network import Address, authority, display, unix_path


@pytest.mark.parametrize(
    ("address", "path", "host", "shown"),
    [
        (("127.0.0.1", 80), "", "127.0.0.1:80", "127.0.0.1:80"),
        (("::1", 80), "", "[::1]:80", "[::1]:80"),
        (("/run/a.sock", 0), "/run/a.sock", "localhost", "unix:/run/a.sock"),
    ],
)
def test_an_address_in_its_forms(address: Address, path: str, host: str, shown: str) -> None:
    assert (unix_path(address), authority(address), display(address)) == (path, host, shown)
