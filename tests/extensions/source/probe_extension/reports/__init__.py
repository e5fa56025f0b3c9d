"""The reports of the extension."""
