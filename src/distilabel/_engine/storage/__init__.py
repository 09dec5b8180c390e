"""Stores answers in SQLite and writes rows to Parquet files."""
