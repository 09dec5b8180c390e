"""Runs a planned pipeline: builds the operators, loads the steps, drives rows to the end."""
