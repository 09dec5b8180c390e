"""Reads what people answered in Argilla, and joins it with the rows they saw."""
