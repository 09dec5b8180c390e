"""Runs a checked pipeline and makes the dataset; estimates a run."""
