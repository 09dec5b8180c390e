"""Generates the answers of the simulated model; knows no server."""
