"""Drives an app through the contract in the role of a server. It imports only the standard library, so that it runs in
any framework's environment."""
