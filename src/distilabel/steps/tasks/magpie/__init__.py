"""`Magpie` and `MagpieGenerator`: conversations of which a model writes both sides."""
