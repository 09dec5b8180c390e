"""Rows in flight: keys, chunks, key order, joins and limits."""
