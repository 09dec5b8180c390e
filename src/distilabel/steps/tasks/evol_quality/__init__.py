"""Evolving responses: rewriting an answer, again and again, to make it better."""
