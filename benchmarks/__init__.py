"""What the engine costs, measured beside yardsticks and peers. docs/benchmarks.md says how to run it."""
