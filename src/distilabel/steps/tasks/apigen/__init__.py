"""APIGen: function-calling data whose calls are executed and judged."""
