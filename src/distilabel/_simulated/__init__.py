"""The simulated model and its HTTP server; imports no model."""
