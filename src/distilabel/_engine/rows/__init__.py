"""Rows in flight: their keys, their order, joining them and limiting them."""
