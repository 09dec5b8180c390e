"""Checks a pipeline before it runs, orders its steps for loading, saves and loads it as data."""
