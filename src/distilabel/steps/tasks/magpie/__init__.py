"""`Magpie` and `MagpieGenerator`: a model writes both sides of a conversation."""
