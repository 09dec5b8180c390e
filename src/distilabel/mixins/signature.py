"""Signatures: one short text that changes when the configuration of a component changes."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Set

from pydantic import BaseModel, Field

NOT_IN_SIGNATURE: Final = frozenset(
    {
        "disable_cuda_device_placement",
        "exclude_from_signature",
        "gpu_memory_utilization",
        "input_batch_size",
        "llm_jobs_ids",
        "llm_offline_batch_generation_block_until_done",
        "resources",
        "type_info",
    }
)


# How a step is run, not what it makes of rows; 1.5.3 knew no such fields.
_HOW: Final = frozenset({"load_timeout", "on_error", "parse_retries", "process_timeout"})


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


class SignatureMixin(BaseModel):
    """Gives a component with `dump()` its signature.

    Attributes:
        exclude_from_signature: fields that do not enter it.
    """

    exclude_from_signature: Set[str] = Field(
        default_factory=lambda: set(NOT_IN_SIGNATURE), exclude=True
    )

    @property
    def signature(self) -> str:
        """SHA-1 (40 hexadecimal digits) of the dump, less what `exclude_from_signature` names."""
        dump = self.dump()  # type: ignore[attr-defined]
        skip = {"runtime_parameters_info", *_HOW, *self.exclude_from_signature}
        return hashlib.sha1("\n".join(_flat(dump, "", skip)).encode("utf-8", "replace")).hexdigest()
