"""Steps that find clusters of rows and describe them."""
