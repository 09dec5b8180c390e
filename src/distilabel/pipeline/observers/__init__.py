"""Reads the events of a run: log, JSON lines, OpenTelemetry."""
