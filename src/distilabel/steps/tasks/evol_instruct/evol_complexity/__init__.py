"""`EvolComplexity` and its generator: a model makes instructions more complex."""
