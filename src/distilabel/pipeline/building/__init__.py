"""Validates a pipeline, orders its steps for loading, and saves and loads it as data."""
