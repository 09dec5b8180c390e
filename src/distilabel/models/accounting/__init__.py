"""Counts tokens and money: usage, prices, budgets."""
