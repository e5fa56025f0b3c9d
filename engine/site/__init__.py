"""The support tables: runs as a static site, with a page for each clause, feature, server, release and framework."""
