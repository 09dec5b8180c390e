"""Benchmarks and checks of faults; `python -m bench.run` and `python -m bench.kill`."""
