"""Nodes and edges by name, and the pipeline under construction. Knows no step."""
