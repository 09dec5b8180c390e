"""Decides when an endpoint may be asked: concurrency, rate, pauses and user limits."""
