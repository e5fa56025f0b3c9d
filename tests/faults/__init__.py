"""Deliberately wrong apps and servers, and the table of the cases that must catch them."""
