"""The composition root: what the engine can do, what a run will do, and the run itself."""
