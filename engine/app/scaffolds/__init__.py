"""Scaffolds: new frameworks, servers and suites, from templates that come with the package."""
