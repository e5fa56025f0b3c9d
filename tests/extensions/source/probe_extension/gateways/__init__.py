"""The gateways of the extension."""
