"""Deprecated name of `distilabel.models`; see `_core/deprecations.py`."""

from distilabel._core.deprecations import moved_module

__getattr__ = moved_module(__name__)
