"""Servers that do what no server should, run through the real engine: ``server.py`` is the server, ``here.py`` makes it
known to an engine, and each test is a whole command."""
