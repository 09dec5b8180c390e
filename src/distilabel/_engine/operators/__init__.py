"""Operators: each moves rows through one step, with backpressure."""
