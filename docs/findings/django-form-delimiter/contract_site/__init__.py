"""The contract as a Django project, with Channels for WebSockets."""
