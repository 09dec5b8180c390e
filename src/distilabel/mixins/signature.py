"""`SignatureMixin`: a hash that changes if the configuration of a component changes."""

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


# Fields that 1.5.3 did not have and that do not change the output of a step.
_RUN_SETTINGS: Final = frozenset({"load_timeout", "on_error", "parse_retries", "process_timeout"})


def _flatten(value: Any, path: tuple[str, ...], skip: set[str]) -> list[str]:
    """Returns one line per value, with its path.

    Names in `skip` are left out of components only, not of a user's dicts, which may have any
    keys. In a nested component, `skip` may also contain the path (`llm_jobs_ids`), and
    `type_info` is never left out.
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
            for line in _flatten(item, (*path, name), skip)
        ]
    if isinstance(value, (list, tuple)):
        lines = [line for i, v in enumerate(value) for line in _flatten(v, (*path, str(i)), skip)]
        return lines or [f"{path}=[]"]
    return [f"{path}={value!r}"]


class SignatureMixin(BaseModel):
    """Adds a signature to a component with a method `dump`.

    Attributes:
        exclude_from_signature: Fields that the signature leaves out.
    """

    exclude_from_signature: Set[str] = Field(
        default_factory=lambda: set(NOT_IN_SIGNATURE), exclude=True
    )

    @property
    def signature(self) -> str:
        """SHA-1 of the dump without `exclude_from_signature`, as 40 hexadecimal digits."""
        dump = self.dump()  # type: ignore[attr-defined]
        skip = {"runtime_parameters_info", *_RUN_SETTINGS, *self.exclude_from_signature}
        return hashlib.sha1(
            "\n".join(_flatten(dump, (), skip)).encode("utf-8", "replace")
        ).hexdigest()
