"""Steps that make embeddings and search them."""
