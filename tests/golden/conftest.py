"""The documents here have deliberate errors; the linter's tests read them, and pytest must not."""

collect_ignore = ["lint"]
