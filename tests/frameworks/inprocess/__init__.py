"""Drives an app through the contract as a server would, and without one: the standard library alone, so that it runs
in any framework's environment."""
