"""Directories and files of runs: the run directory, the cache listing and the run history."""
