"""Generator steps, which load or sample the rows of a pipeline."""
