"""`EvolInstruct`, `EvolComplexity` and their generators: a model rewrites instructions."""
