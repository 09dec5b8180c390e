"""Rows of a dataset: reads them where they are, filters, sorts and searches. Knows no answers."""
