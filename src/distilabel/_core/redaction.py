"""Redaction: which values of a component are secret, and text, URLs and headers without them.

No dump, log, error or dataset card shows a secret. What counts as one is decided here and nowhere
else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, get_args

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

# `user:password@` in a URL.
_USER_INFO: Final = re.compile(r"(?<=://)[^/@\s]+@")
# A query parameter that carries a key.
_SECRET_PARAMETER: Final = re.compile(
    r"(?<=[?&])((?:[\w-]*[-_])?(?:api[-_]?key|credential|key|password|sig|signature|token))"
    r"=[^&#\s\"']+",
    re.I,
)

# Fields that are secret in any class, whatever their type.
_SECRET_FIELDS: Final = frozenset({"api_key"})
# Options and headers that are secret by their name.
_SECRET_OPTION: Final = re.compile(
    r"auth|cookie|credential|connection_string|key|password|secret|signature|token", re.I
)
# Any header may carry a key: a long word with digits in it is taken for one.
_KEY_LIKE: Final = re.compile(r"(?:bearer|basic)\s|(?=\S*\d)[\w.+=~-]{16,}$", re.I)
# Dicts in which single options may be secret.
_OPTIONS_FIELD: Final = re.compile(r"headers$|^storage_options$", re.I)

_MASK: Final = "**********"


class HeadersField:
    """Marks a field of HTTP headers or similar options: the secret ones are not dumped."""


class SecretField:
    """Marks a secret field whose type is plain text: it is not dumped."""


def redact_urls(text: str) -> str:
    """Returns a text with the user, password and keys removed from every URL in it."""
    text = without_user_info(text)
    return _SECRET_PARAMETER.sub(r"\1=", text) if "=" in text and "://" in text else text


def without_user_info(url: str) -> str:
    """Returns a URL without the user and password in it."""
    return _USER_INFO.sub("", url) if "@" in url else url


def is_secret_value(value: Any) -> bool:
    """Whether a value is one of pydantic's secrets, or one of their types."""
    return hasattr(value, "get_secret_value")


def is_secret_field(name: str, field: FieldInfo | None = None) -> bool:
    """Whether a field is secret by its name, its marker or its type."""
    if name in _SECRET_FIELDS:
        return True
    return field is not None and (
        SecretField in field.metadata or _contains_secret(field.annotation)
    )


def _contains_secret(annotation: Any) -> bool:
    return is_secret_value(annotation) or any(map(_contains_secret, get_args(annotation)))


def is_options_field(name: object, field: FieldInfo | None = None) -> bool:
    """Whether a dict of this name holds headers or options, single ones of which may be secret."""
    marked = field is not None and HeadersField in field.metadata
    return marked or (isinstance(name, str) and _OPTIONS_FIELD.search(name) is not None)


def drop_secrets(options: dict[Any, Any]) -> dict[Any, Any]:
    """Returns headers or options without the secret ones, at any depth."""
    return {
        name: drop_secrets(value) if isinstance(value, dict) else value
        for name, value in options.items()
        if not _SECRET_OPTION.search(str(name))
        and not (isinstance(value, str) and _KEY_LIKE.match(value))
    }


def redact(name: object, value: Any, field: FieldInfo | None = None) -> Any:
    """Returns the value of a field in a form that may be shown.

    Args:
        name: Name of the field; anything else for an item of a list.
        value: Its value.
        field: Its definition, where the class has one.
    """
    if isinstance(name, str) and value is not None and is_secret_field(name, field):
        return value if is_secret_value(value) else _MASK
    if isinstance(value, dict):
        shown = drop_secrets(value) if is_options_field(name, field) else value
        return {key: redact(key, item) for key, item in shown.items()}
    if type(value) in (list, tuple):
        return type(value)(redact(None, item) for item in value)
    return redact_urls(value) if isinstance(value, str) else value
