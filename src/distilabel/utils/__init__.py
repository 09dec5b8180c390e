"""Helpers that programs written for 1.x import. Add no new ones here."""
