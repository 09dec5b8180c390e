"""Dataset cards: what the README of a made dataset says."""
