"""Step types: one file or folder each says how it is read, performed and looked at."""
