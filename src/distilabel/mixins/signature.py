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


def _flat(value: Any, path: tuple[str, ...], skip: set[str]) -> list[str]:
    """One line per value, under its path.

    Names are skipped in components alone, in inner ones also by their path (`llm_jobs_ids`): a
    dict of the user's may have any names. The class of an inner component is not skipped.
    """
    if isinstance(value, dict):
        outer = not path
        inner = isinstance(value.get("type_info"), dict)
        return [
            line
            for name, item in value.items()
            if not (
                (outer or inner)
                and (name in skip or "_".join((*path, name)) in skip)
                and (outer or name != "type_info")
            )
            for line in _flat(item, (*path, name), skip)
        ]
    if isinstance(value, (list, tuple)):
        lines = [line for i, v in enumerate(value) for line in _flat(v, (*path, str(i)), skip)]
        return lines or [f"{path}=[]"]
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
        return hashlib.sha1("\n".join(_flat(dump, (), skip)).encode("utf-8", "replace")).hexdigest()
