"""Command lines for servers that have none: ``python -m engine_runners.NAME APP``, run in the server's environment.

Only this package is copied into targets (``Server.brings``), so it imports only the standard library and the server.
"""
