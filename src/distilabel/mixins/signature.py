"""Signatures: one short text that changes when the configuration of a component changes."""

from __future__ import annotations

import hashlib
from typing import Any


def _flat(value: Any, path: str, skip: set[str]) -> list[str]:
    if isinstance(value, dict):
        return [
            line
            for k, v in value.items()
            if k not in skip
            for line in _flat(v, f"{path}.{k}", skip)
        ]
    if isinstance(value, (list, tuple)):
        return [line for i, v in enumerate(value) for line in _flat(v, f"{path}.{i}", skip)] or [
            f"{path}=[]"
        ]
    return [f"{path}={value!r}"]


class SignatureMixin:
    """Gives a component with `dump()` and `exclude_from_signature` its signature."""

    @property
    def signature(self) -> str:
        """SHA-1 (40 hexadecimal digits) of the dump, less what `exclude_from_signature` names."""
        dump = self.dump()  # type: ignore[attr-defined]
        skip = {"runtime_parameters_info", *self.exclude_from_signature}  # type: ignore[attr-defined]
        return hashlib.sha1("\n".join(_flat(dump, "", skip)).encode("utf-8", "replace")).hexdigest()
