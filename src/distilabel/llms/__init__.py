"""Deprecated path of another module; `_core/deprecations.py` says which."""

from distilabel._core.module_finder import moved_module

__getattr__ = moved_module(__name__)
