"""(observed, expected) -> Mismatch | None: one file a family of operators."""
