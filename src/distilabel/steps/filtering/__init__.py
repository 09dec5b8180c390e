"""Steps that mark or remove rows."""
