"""One file a format: a run's grid as a table, as Markdown, as JSON."""
