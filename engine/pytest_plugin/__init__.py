"""Cases as pytest items. Only public API of pytest."""
