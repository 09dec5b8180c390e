"""Generator steps: where rows come from."""
