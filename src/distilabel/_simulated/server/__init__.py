"""Serves the simulated model over HTTP, in the wire formats of OpenAI, Anthropic and TGI."""
