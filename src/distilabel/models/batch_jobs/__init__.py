"""Submits requests as batch jobs of a provider and collects their responses."""
