"""A case in words, before anything runs: its bytes, its expectations and its targets. Pure."""
