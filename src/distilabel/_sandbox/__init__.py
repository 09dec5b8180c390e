"""Runs untrusted Python code in a confined process; `sandbox.py` says what is guaranteed."""
