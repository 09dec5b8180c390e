"""Operators move rows through one step each, under backpressure."""
