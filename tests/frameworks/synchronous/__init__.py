"""Drives a WSGI app through its contract in the role of a server. It imports only the standard library, so that it runs
in any framework's environment."""
