"""Clients that people use, on the engine's recording channels. Imported by the steps that a library performs."""
