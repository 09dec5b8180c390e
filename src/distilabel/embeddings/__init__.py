"""Old path of a module that moved; see `_core/deprecations.py`."""

from distilabel._core.module_finder import moved_module

__getattr__ = moved_module(__name__)
