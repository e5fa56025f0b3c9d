"""``engine try``."""
