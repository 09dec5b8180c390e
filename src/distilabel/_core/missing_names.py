"""Public names of 1.5.3 that are not in distilabel 2 yet, and what is said of them."""

from __future__ import annotations

from functools import cache
from typing import Final

_PAGE: Final = "docs/coming-from-1.x.md"

# Module, without `distilabel.` → names that are missing there.
_NAMES: Final = {
    "utils.dicts": "flatten_dict group_dicts merge_dicts",
    "utils.files": "list_files_in_dir",
    "utils.serialization": (
        "DISTILABEL_FILENAME SaveFormats StrOrPath TYPE_INFO_KEY load_with_type_info "
        "read_json read_yaml write_json write_yaml"
    ),
    "utils.typing_": (
        "extract_annotation_inner_type is_parameter_annotated_with is_type_pydantic_secret_field"
    ),
}

# Name → what to use instead, where there is something.
_INSTEAD: Final[dict[str, str]] = {}


def missing_name(name: str) -> str | None:
    """Returns what to say of a public name of 1.5.3 that is not here; None for any other name."""
    if name not in _all_names():
        return None
    instead = f" {_INSTEAD[name]}" if name in _INSTEAD else ""
    return (
        f"{name} is not in distilabel 2 yet.{instead} {_PAGE} lists what is here; programs that "
        "need it run with distilabel 1.5.3."
    )


def missing_name_in(module: str, name: str) -> str | None:
    """Returns what to say of a name that a module of 1.5.3 had and that is not here.

    Args:
        module: Name of the module.
        name: The name; None is returned for one that the module did not have.
    """
    names = _NAMES.get(module.removeprefix("distilabel."), "")
    return missing_name(name) if name in names.split() else None


@cache
def missing_modules() -> frozenset[str]:
    """Returns the names of the modules in the table, and of the packages around them."""
    found: set[str] = set()
    for name in _NAMES:
        parts = name.split(".")
        found.update(".".join(["distilabel", *parts[:end]]) for end in range(1, len(parts) + 1))
    return frozenset(found)


@cache
def _all_names() -> frozenset[str]:
    return frozenset(name for names in _NAMES.values() for name in names.split())
