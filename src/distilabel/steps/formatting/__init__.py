"""Formatting: rows as the datasets that training libraries read. No model."""
