"""Reproductions as folders that stand alone: making them, running them, and checking those that are committed."""
