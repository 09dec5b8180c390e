"""Batch jobs of the simulated server, behind the APIs of OpenAI and Anthropic."""
