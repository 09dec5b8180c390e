"""Global steps that take all rows somewhere."""
