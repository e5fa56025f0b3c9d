"""The documents here have mistakes on purpose; the linter's tests read them, and pytest must not."""

collect_ignore = ["lint"]
