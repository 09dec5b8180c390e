"""What some models have in common."""
