"""An extension with one of everything that can be added."""
