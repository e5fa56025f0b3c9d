"""The steps of the extension."""
