"""``engine try``: one case on targets that stay up, run again when a file changes."""
