"""Columns: joining, grouping, expanding and choosing them. No model, no state between rows."""
