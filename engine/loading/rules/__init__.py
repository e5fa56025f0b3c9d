"""Mistakes of meaning in documents of good form: one module a family of rules."""
