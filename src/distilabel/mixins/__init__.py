"""What steps, models and pipelines have in common: runtime parameters, requirements, signatures."""
