"""Decides when an endpoint may get another request: concurrency, rate, pauses, user limits."""
