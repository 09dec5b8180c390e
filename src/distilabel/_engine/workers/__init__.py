"""Worker processes: batches of a plain step on several processor cores."""
