"""Command lines for servers that have none: ``python -m engine_runners.NAME APP``, run in the server's environment.

It is copied alone into targets (``Server.brings``), and imports the standard library and the server.
"""
