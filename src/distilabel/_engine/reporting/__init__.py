"""Counts what happens in a run and shows it: statistics, report, progress, terminal."""
