"""From text to cases: located nodes, the schema, the frozen model, and every mistake with its place."""
