"""A small FastCGI server, WSGI apps and gateways that are deliberately wrong, and the cases that must catch them."""
