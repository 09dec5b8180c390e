"""Mixins for models."""

from distilabel._core.lazy_exports import lazy_exports

__getattr__, __all__ = lazy_exports(__name__, __file__)
