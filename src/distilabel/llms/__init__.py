"""The old name of another module; `_core/old_names.py` says of which."""

from distilabel._core.deprecations import moved_module

__getattr__ = moved_module(__name__)
