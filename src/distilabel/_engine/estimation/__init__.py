"""Estimates the cost and time of a run from a pilot over a few rows."""
