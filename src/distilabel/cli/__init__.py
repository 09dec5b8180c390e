"""The command line of distilabel."""
