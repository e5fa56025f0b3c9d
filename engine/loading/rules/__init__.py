"""Semantic errors in structurally valid documents: one module for each family of rules."""
