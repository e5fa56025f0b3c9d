"""One file a step kind: its schema, how it is read, and how it is performed on a live target."""
