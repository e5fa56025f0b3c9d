"""Which gateway a server has where nobody names one."""

from __future__ import annotations

import pytest

from engine.targets.fitting import own_gateway
from engine.targets.servers import load_servers


@pytest.mark.parametrize(
    ("server", "expected"),
    [("gunicorn", "direct"), ("fcgisgi", "nginx-fastcgi"), ("flup", "nginx-fastcgi"), ("pyuwsgi", "nginx-fastcgi")],
)
def test_a_server_for_wsgi_apps_alone_is_there_for_fastcgi_though_it_speaks_http(server: str, expected: str) -> None:
    assert own_gateway(load_servers()[server]) == expected
