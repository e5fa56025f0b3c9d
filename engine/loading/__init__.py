"""From text to cases: located nodes, the schema, the frozen model, and every error with its place."""
