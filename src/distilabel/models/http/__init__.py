"""Sends HTTP requests, and maps failures to errors."""
