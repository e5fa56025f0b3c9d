"""A case in words, before anything runs: what is sent, what is expected, and where it runs. Pure."""
