"""The support tables."""
