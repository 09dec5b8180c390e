"""Answers of the simulated model, with their latency and faults; imports no server."""
