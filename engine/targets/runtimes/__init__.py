"""Runtimes: services are started as processes of this machine or as containers, or run already."""
