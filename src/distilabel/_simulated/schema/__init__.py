"""Generates JSON instances of JSON schemas and text that matches regular expressions."""
