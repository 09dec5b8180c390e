"""Submits requests as offline batch jobs and collects their responses."""
