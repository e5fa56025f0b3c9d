"""Extensions in a package of their own, used by whole runs."""
