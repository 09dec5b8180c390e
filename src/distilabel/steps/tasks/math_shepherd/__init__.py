"""Math-Shepherd: solutions of math problems, step by step."""
