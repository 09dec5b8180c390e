"""Observers of a run's events: log, JSON Lines file, OpenTelemetry."""
