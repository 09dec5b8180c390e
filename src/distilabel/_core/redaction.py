"""Secrets: which values of a component never leave the process, in a dump, a log or an error.

A line about what is secret is added here and nowhere else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, get_args

from distilabel._core.addresses import without_password

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

# The fields of any class, and of any dict of headers or options, that let one in.
_KEYS: Final = frozenset({"api_key"})
_LETS_IN: Final = re.compile(
    r"auth|cookie|credential|connection_string|key|password|secret|signature|token", re.I
)
# Any header may be the one that lets one in: a long word with digits in it is taken for a key.
_KEYLIKE: Final = re.compile(r"(?:bearer|basic)\s|(?=\S*\d)[\w.+=~-]{16,}$", re.I)
_OPTIONS: Final = re.compile(r"headers$|^storage_options$", re.I)

_SHOWN: Final = "**********"


class Headers:
    """Marks a field of HTTP headers or the like: those that let one in are not dumped."""


class Key:
    """Marks a field that is plain text and lets one in: it is not dumped."""


def is_secret(value: Any) -> bool:
    """Whether a value is one of pydantic's secrets, or a type of them."""
    return hasattr(value, "get_secret_value")


def is_key(name: str, field: FieldInfo | None = None) -> bool:
    """Whether a field holds a key: by its name, its mark or its type."""
    if name in _KEYS:
        return True
    return field is not None and (Key in field.metadata or _says_secret(field.annotation))


def _says_secret(annotation: Any) -> bool:
    return is_secret(annotation) or any(map(_says_secret, get_args(annotation)))


def are_options(name: object, field: FieldInfo | None = None) -> bool:
    """Whether a dict of this name is one of headers, or of options with keys among them."""
    marked = field is not None and Headers in field.metadata
    return marked or (isinstance(name, str) and _OPTIONS.search(name) is not None)


def without_keys(options: dict[Any, Any]) -> dict[Any, Any]:
    """Headers or options less those that let one in, however deep."""
    return {
        name: without_keys(value) if isinstance(value, dict) else value
        for name, value in options.items()
        if not _LETS_IN.search(str(name)) and not (isinstance(value, str) and _KEYLIKE.match(value))
    }


def shown(name: object, value: Any, field: FieldInfo | None = None) -> Any:
    """The value of a field as it may stand in a text."""
    if isinstance(name, str) and value is not None and is_key(name, field):
        return value if is_secret(value) else _SHOWN
    if isinstance(value, dict):
        kept = without_keys(value) if are_options(name, field) else value
        return {key: shown(key, item) for key, item in kept.items()}
    if type(value) in (list, tuple):
        return type(value)(shown(None, item) for item in value)
    return without_password(value) if isinstance(value, str) else value
