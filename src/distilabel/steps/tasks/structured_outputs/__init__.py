"""Helpers of 1.5.3 for structured output; here, models take `structured_output` themselves."""
