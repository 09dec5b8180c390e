"""Generates data that validates against a JSON schema or a pattern."""
