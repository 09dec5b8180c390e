"""Calls to the code of steps: how each step is run, its calls, and the cache of their results."""
