"""The contract for WSGI as a Django project."""
