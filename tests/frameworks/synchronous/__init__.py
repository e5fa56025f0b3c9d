"""Drives a WSGI app through its contract as a server would, and without one: the standard library alone, so that it
runs in any framework's environment."""
