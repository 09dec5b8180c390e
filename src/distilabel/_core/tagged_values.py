"""Values in dumps that JSON and YAML cannot represent: written with their type, and restored.

The form is that of the enums of 1.5.3, a dict with `_type`. Values that the type of their field
restores from plain data need none: they are dumped as before.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.errors import PydanticUserError

from distilabel._core.class_lookup import find_named_class
from distilabel._core.redaction import redact_urls
from distilabel._core.typed_form import is_json
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

TAG: Final = "_type"
_CLASS: Final = "_class"
_ITEMS: Final = "_items"
_VALUE: Final = "_value"

Convert = Callable[[Any], Any]

# Type → how to restore a value of it from text. The first that fits is used.
_FROM_TEXT: Final[dict[type, Convert]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
    Fraction: lambda text: Fraction(*map(int, text.split("/"))),
    UUID: UUID,
    complex: complex,
    float: float,
    int: int,
}
_BY_NAME: Final = {cls.__name__: restore for cls, restore in _FROM_TEXT.items()}
_SEQUENCES: Final[dict[str, type]] = {
    cls.__name__: cls for cls in (tuple, set, frozenset, bytes, bytearray)
}


def is_plain(value: Any) -> bool:
    """Whether a value is the same after it was written to a file and read, without a tag."""
    if isinstance(value, dict):
        return TAG not in value and is_json(list(value)) and all(map(is_plain, value.values()))
    if isinstance(value, list):
        return all(map(is_plain, value))
    # Infinite floats have a form in YAML; writing JSON tags them.
    return (isinstance(value, float) and type(value) is float) or is_json(value)


def has_tag(value: Any) -> bool:
    """Whether a value contains a dict that looks like a tagged value, at any depth."""
    if isinstance(value, dict):
        return TAG in value or any(map(has_tag, value.values()))
    return isinstance(value, (list, tuple)) and any(map(has_tag, value))


def tagged(value: Any, plain: Convert) -> Any:
    """Returns plain data with the type of a value; None if its type is not one of those here.

    Args:
        value: A value that is not plain.
        plain: Converts the values inside of it.
    """
    kind = type(value)
    if isinstance(value, dict):
        return {TAG: "dict", _ITEMS: [[plain(k), plain(v)] for k, v in value.items()]}
    if kind in (bytes, bytearray):
        return {TAG: kind.__name__, _VALUE: base64.b64encode(value).decode()}
    if kind in (tuple, set, frozenset):
        return {TAG: kind.__name__, _ITEMS: [plain(item) for item in value]}
    if isinstance(value, re.Pattern):
        return {TAG: "pattern", _VALUE: plain(value.pattern), "_flags": value.flags}
    if isinstance(value, PurePath):
        return {TAG: "path", _VALUE: str(value)}
    if kind is timedelta:
        return {TAG: "timedelta", _ITEMS: [value.days, value.seconds, value.microseconds]}
    if kind is range:
        return {TAG: "range", _ITEMS: [value.start, value.stop, value.step]}
    if kind in _FROM_TEXT:
        return {TAG: kind.__name__, _VALUE: str(value)}
    if kind.__module__ == "numpy" and hasattr(value, "dtype") and not value.dtype.hasobject:
        return {TAG: "numpy", "_dtype": value.dtype.str, _VALUE: plain(value.tolist())}
    return _tagged_object(value, plain)


def _tagged_object(value: Any, plain: Convert) -> Any:
    cls = type(value)
    named = {"module": cls.__module__, "name": cls.__qualname__}
    if isinstance(value, enum.Enum):
        return {TAG: "enum_member", _CLASS: named, "_name": value.name}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {TAG: "namedtuple", _CLASS: named, _ITEMS: [plain(item) for item in value]}
    if isinstance(value, BaseModel):
        return {TAG: "model", _CLASS: named, _ITEMS: plain(dict(value.__dict__))}
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.init]
        items = {name: plain(getattr(value, name)) for name in names}
        return {TAG: "dataclass", _CLASS: named, _ITEMS: items}
    return None


def restored(data: dict[str, Any], allow: tuple[str, ...], restore: Convert) -> Any:
    """Restores the value that `tagged` described.

    Args:
        data: A dict with `_type`.
        allow: Packages, besides `distilabel`, whose classes may be imported.
        restore: Restores the values inside of it.

    Returns:
        The value; the data itself if its `_type` is not one of those here.

    Raises:
        DistilabelUserError: The data are not a description of such a value, or its class may not
            be imported.
    """
    kind = data[TAG]
    try:
        return _restored(kind, data, allow, restore)
    except (ValueError, TypeError, KeyError, ArithmeticError, AttributeError, re.error) as error:
        if isinstance(error, DistilabelUserError):
            raise
        raise DistilabelUserError(
            f"The file has a value of type {kind} that is not valid: {error}"
        ) from error


def _restored(kind: Any, data: dict[str, Any], allow: tuple[str, ...], restore: Convert) -> Any:
    if kind in _BY_NAME:
        return _BY_NAME[kind](data[_VALUE])
    if kind in ("bytes", "bytearray"):
        return _SEQUENCES[kind](base64.b64decode(data[_VALUE]))
    if kind in _SEQUENCES:
        return _SEQUENCES[kind](map(restore, data[_ITEMS]))
    match kind:
        case "dict":
            return {restore(key): restore(value) for key, value in data[_ITEMS]}
        case "path":
            return Path(data[_VALUE])
        case "pattern":
            return re.compile(restore(data[_VALUE]), data["_flags"])
        case "timedelta":
            return timedelta(*data[_ITEMS])
        case "range":
            return range(*data[_ITEMS])
        case "numpy":
            import numpy as np

            dtype = np.dtype(data["_dtype"])
            # The length of texts follows from the values: a file must not choose how much memory.
            dtype = np.dtype(dtype.kind) if dtype.kind in "SU" else dtype
            if dtype.kind not in "biufcmMSU":
                raise ValueError(f"unsupported dtype {dtype}")
            return np.array(restore(data[_VALUE]), dtype=dtype)[()]
        case "enum_member" | "namedtuple" | "model" | "dataclass":
            return _restored_object(kind, data, allow, restore)
    return {key: restore(value) for key, value in data.items()}


def _restored_object(
    kind: str, data: dict[str, Any], allow: tuple[str, ...], restore: Convert
) -> Any:
    named = data[_CLASS]
    cls: Any = find_named_class(named, allow)
    if cls is not None:
        if kind == "enum_member" and issubclass(cls, enum.Enum):
            return cls[data["_name"]]
        if kind == "namedtuple" and issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return cls(*map(restore, data[_ITEMS]))
        if kind == "model" and issubclass(cls, BaseModel):
            return cls(**restore(data[_ITEMS]))
        if kind == "dataclass" and hasattr(cls, "__dataclass_fields__"):
            return cls(**restore(data[_ITEMS]))
    raise DistilabelUserError(
        f"The module {named['module']} has no {kind.replace('_', ' ')} class {named['name']!r}."
    )


def for_json(data: Any) -> Any:
    """Returns plain data with the numbers tagged that JSON files cannot hold: NaN and the like."""
    if isinstance(data, dict):
        return {key: for_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [for_json(value) for value in data]
    is_large = type(data) is int and not -(2**63) <= data < 2**64
    if is_large or (type(data) is float and not isfinite(data)):
        return tagged(data, for_json)
    return data


def same(one: Any, other: Any) -> bool:
    """Whether a restored value is equal to the original in value and type, at any depth."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(map(type, one)) == list(map(type, other)) and all(
            key in other and same(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, BaseModel):
        return True  # Its own fields were asked before.
    if isinstance(one, str):
        # The file has it without passwords and keys.
        return redact_urls(one) == redact_urls(other)
    if hasattr(one, "tolist"):
        return bool(one.dtype == other.dtype) and same(one.tolist(), other.tolist())
    return bool(one == other) or (one != one and other != other)


def field_restores(field: FieldInfo, plain: Any, value: Any) -> bool:
    """Whether a field makes the value again of plain data, as a field of type `date` does."""
    annotation: Any = field.annotation
    for item in field.metadata:
        annotation = Annotated[annotation, item]
    try:
        again = _adapter(annotation).validate_python(plain)
    except Exception:  # noqa: BLE001 (validators of users may raise anything)
        return False
    if isinstance(value, PurePath) and isinstance(again, str):
        # A field that takes either treats them alike.
        return "Path" in repr(field.annotation)
    return same(again, value)


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # a class that has its own configuration
        return TypeAdapter(annotation)
