"""Prompts with answers that a program can check, and how often a model answers them right."""
