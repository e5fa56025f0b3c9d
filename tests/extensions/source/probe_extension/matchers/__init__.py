"""The matchers of the extension."""
