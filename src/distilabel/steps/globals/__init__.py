"""Global steps that export all rows."""
