"""The batch APIs of the providers, behind one interface."""
