"""Foundations that every component uses: lazy exports, serialization, hashing, events, threads."""
