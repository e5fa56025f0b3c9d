"""Frozen values that every other package speaks in, and the protocols between them. Standard library only."""
