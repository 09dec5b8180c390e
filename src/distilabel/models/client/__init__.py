"""Asks one model for one step: cache lookup, rate limit, retries, accounting, storage."""
