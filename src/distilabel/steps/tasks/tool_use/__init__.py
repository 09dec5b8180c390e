"""Conversations in which a model calls tools."""
