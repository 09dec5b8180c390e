"""Batch jobs of the simulated server, with the APIs of OpenAI and Anthropic."""
