"""The support tables in a real browser."""
