"""Write ca.pem, server.pem and server.key for the server and its client."""

from __future__ import annotations

import trustme

authority = trustme.CA()
server = authority.issue_cert("localhost", "127.0.0.1")
authority.cert_pem.write_to_path("ca.pem")
server.cert_chain_pems[0].write_to_path("server.pem")
server.private_key_pem.write_to_path("server.key")
