"""Calls the code of a step, with a time limit, and caches what it returned."""
