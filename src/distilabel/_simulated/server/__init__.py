"""HTTP server of the simulated model, in the wire formats of OpenAI, Anthropic and TGI."""
