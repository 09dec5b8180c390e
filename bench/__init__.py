"""Benchmarks and fault checks: `python -m bench.run` and `python -m bench.kill`."""
