"""Estimates the cost and the time of a run from a pilot over a sample of its rows."""
