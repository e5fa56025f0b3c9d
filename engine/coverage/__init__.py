"""Coverage of the standards: which clauses have cases, and which of these cases were proved able to fail. Pure."""
