"""Helpers that programs written for 1.x import by these paths. Nothing new belongs here."""
