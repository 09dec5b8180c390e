"""Steps that show rows to people in Argilla."""
