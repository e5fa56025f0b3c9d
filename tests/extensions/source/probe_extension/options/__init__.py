"""The options of the extension."""
