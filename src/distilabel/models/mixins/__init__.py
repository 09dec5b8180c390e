"""What some models have in common."""

from distilabel._core.faces import face

__getattr__, __all__ = face(__name__, __file__)
