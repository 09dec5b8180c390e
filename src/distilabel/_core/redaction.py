"""Redaction: which values of a component are secret, and text, URLs and headers without them.

No dump, log, error or dataset card shows a secret. What counts as one is decided here and nowhere
else.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel

from distilabel._core.secret_names import is_secret_item

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

# Dicts of options for a client or a request.
_REQUEST_FIELD: Final = re.compile(
    r"(?:headers|options|kwargs|config|settings|params|parameters|auth)$|^extra_", re.I
)
# Dicts of names: an item that is called `password` is a column.
_NAMES_FIELD: Final = re.compile(r"mappings?$|columns?$|names$|fields$|renames?$", re.I)

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
    if isinstance(value, dict) and is_options_field(name, field):
        value = drop_secrets(value)
    return _Redaction(name, mask=True).of(name, value)


def without_secrets(
    name: str, value: Any, field: FieldInfo | None = None
) -> tuple[Any, dict[str, str]]:
    """Returns the value of a field without the secrets in it, and what was left out.

    Args:
        name: Name of the field.
        value: Its value; not changed.
        field: Its definition.

    Returns:
        The value (None if it is secret itself), and path → what of it is secret.
    """
    redaction = _Redaction(name, mask=False)
    if isinstance(value, dict) and is_options_field(name, field):
        kept = drop_secrets(value)
        redaction.note_dropped(value, kept, name)
        value = kept
    return redaction.of(name, value), redaction.left_out


def secret_texts(options: Any) -> Iterator[str]:
    """Yields the secret texts in the options of a request, at any depth.

    Args:
        options: JSON-like data.
    """
    if isinstance(options, dict):
        for name, value in options.items():
            if not is_secret_item(name, value, is_option=True):
                yield from secret_texts(value)
            elif isinstance(value, str):
                yield value
    elif isinstance(options, list):
        for item in options:
            yield from secret_texts(item)


class _Redaction:
    """Leaves the secrets out of the value of one field, or masks them.

    Args:
        name: Name of the field; anything else for a value of its own.
        mask: Whether a secret is replaced by a mask, instead of being left out.
    """

    def __init__(self, name: object, *, mask: bool) -> None:
        self._mask = mask
        self._is_option = isinstance(name, str) and _REQUEST_FIELD.search(name) is not None
        self._has_names = isinstance(name, str) and _NAMES_FIELD.search(name) is not None
        self.left_out: dict[str, str] = {}
        # Ids of the values that contain the one that is looked at.
        self._open: set[int] = set()

    def of(self, name: object, value: Any) -> Any:
        """Returns the value of the field."""
        if self._is_secret(name, value):
            return self._replaced(str(name))
        if self._has_names or (_is_rows(value) and not self._is_option):
            # Rows and names of columns are data.
            return value if not self._mask else _map(value, self._text)
        return self._of(str(name), value)

    def note_dropped(self, before: dict[Any, Any], after: dict[Any, Any], path: str) -> None:
        """Notes the options that are missing in a copy."""
        for key, value in before.items():
            if key not in after:
                self.left_out[f"{path}.{key}"] = "value"
            elif isinstance(value, dict):
                self.note_dropped(value, after[key], f"{path}.{key}")

    def _is_secret(self, name: object, value: Any) -> bool:
        return is_secret_item(name, value, is_option=self._is_option)

    def _replaced(self, path: str) -> Any:
        self.left_out[path] = "value"
        return _MASK if self._mask else None

    def _of(self, path: str, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value, path)
        if id(value) in self._open:
            return "..." if self._mask else value
        self._open.add(id(value))
        known = len(self.left_out)
        fields = _fields_of(value)
        if isinstance(value, dict):
            shown: Any = self._items(path, value)
        elif type(value) in (list, tuple, set, frozenset):
            shown = type(value)(self._of(f"{path}.{i}", item) for i, item in enumerate(value))
        elif fields is not None:
            shown = self._items(path, fields)
        self._open.discard(id(value))
        if type(value) is dict:
            return shown
        if len(self.left_out) == known:
            return value
        return shown if fields is None else _with_fields(value, fields, shown)

    def _items(self, path: str, items: dict[Any, Any]) -> dict[Any, Any]:
        kept = {}
        for key, item in items.items():
            there = f"{path}.{key}"
            if not self._is_secret(key, item):
                if isinstance(item, dict) and is_options_field(key):
                    self.note_dropped(item, drop_secrets(item), there)
                    item = drop_secrets(item)
                was_option = self._is_option
                self._is_option |= isinstance(key, str) and bool(_REQUEST_FIELD.search(key))
                kept[key] = self._of(there, item)
                self._is_option = was_option
            elif (masked := self._replaced(there)) is not None:
                kept[key] = masked
        return kept

    def _text(self, text: str, path: str = "") -> str:
        shown = redact_urls(text)
        if shown != text:
            self.left_out[path] = "full URL"
        return shown


def _fields_of(value: Any) -> dict[str, Any] | None:
    """Returns the fields of a record; None for a value of another kind.

    A component, which has a `dump`, redacts its own.
    """
    if isinstance(value, BaseModel):
        extra = value.__pydantic_extra__ or {}
        return None if hasattr(value, "dump") else {**value.__dict__, **extra}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {f.name: getattr(value, f.name) for f in fields if hasattr(value, f.name)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    return None


def _with_fields(value: Any, before: dict[str, Any], shown: dict[str, Any]) -> Any:
    """Returns a copy of a record with other values of some fields.

    One that was left out becomes empty, so that a record of that class can still be loaded.
    """
    empty = {name: _empty(item) for name, item in before.items() if name not in shown}
    changes = {name: item for name, item in shown.items() if item is not before[name]} | empty
    if isinstance(value, BaseModel):
        return value.model_copy(update=changes)
    if isinstance(value, tuple):
        return value._replace(**changes)  # type: ignore[attr-defined]
    copied = copy.copy(value)
    for name, item in changes.items():
        object.__setattr__(copied, name, item)
    return copied


def _empty(value: Any) -> Any:
    return next((kind() for kind in (str, bytes, list, tuple) if isinstance(value, kind)), {})


def _is_rows(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(isinstance(item, dict) for item in value)


def _map(value: Any, change: Any) -> Any:
    """Applies a function to all texts in a value."""
    if isinstance(value, str):
        return change(value)
    if type(value) is dict:
        return {key: _map(item, change) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_map(item, change) for item in value)
    return value
