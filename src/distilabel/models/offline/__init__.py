"""Offline batches: questions gathered into jobs that are answered later, for less money."""
