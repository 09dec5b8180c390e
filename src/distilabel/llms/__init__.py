"""The old name of another module; `_core/old_names.py` says of which."""

from distilabel._core.old_names import moved

__getattr__ = moved(__name__)
