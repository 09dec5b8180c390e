"""Answers of people in `review.sqlite`, and which row comes next. Knows nothing of HTTP."""
