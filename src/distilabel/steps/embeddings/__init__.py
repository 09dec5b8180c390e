"""Steps that use embeddings."""
