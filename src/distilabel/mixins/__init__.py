"""Mixins of steps, models and pipelines: runtime parameters, requirements, signatures."""
