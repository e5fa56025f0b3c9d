"""A case as plain Python: the client, the application, and the files around them. Pure."""
