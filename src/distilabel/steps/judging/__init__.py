"""Steps that act on what judges say: only as far as people agree with them."""
