"""Steps that combine, group, expand, merge and select columns."""
