"""Step types: one file or folder for each defines how it is read, performed and checked."""
