"""Measurements of the engine, compared with baselines and other runners. docs/benchmarks.md lists the commands."""
