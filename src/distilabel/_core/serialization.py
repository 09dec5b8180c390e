"""Serialization: components as plain data, written to and read from JSON or YAML files.

The format is that of 1.5.3: every component carries `type_info`, its module and name. Loading a
file runs nothing: no text is evaluated, and no module outside `distilabel` is imported unless the
caller allows it.
"""

from __future__ import annotations

import enum
import logging
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel

from distilabel._core.class_lookup import find_named_class
from distilabel._core.dump_file import write_file
from distilabel._core.redaction import (
    drop_secrets,
    is_options_field,
    is_secret_field,
    is_secret_value,
    redact,
    redact_urls,
    without_secrets,
)
from distilabel._core.safe_load import StrOrPath, check_size, read_source
from distilabel._core.tagged_values import (
    TAG,
    field_restores,
    has_tag,
    is_plain,
    restored,
    tagged,
)
from distilabel._core.uncalled_methods import warn_of_uncalled_methods
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

TYPE_INFO_KEY: Final = "type_info"
SaveFormats = Literal["json", "yaml"]

# Fields that are never dumped, in any class.
_NEVER_DUMPED: Final = frozenset({"pipeline", "exclude_from_signature"})

# Path of a value that is left out because it is secret → what it is. Only in dumps with one.
LEFT_OUT_KEY: Final = "left_out"

# Keys of a dump that describe a component and are not fields.
_NOT_FIELDS: Final = frozenset({TYPE_INFO_KEY, LEFT_OUT_KEY, "runtime_parameters_info"})

_log = logging.getLogger("distilabel.spec")


class DumpIfSet:
    """Marks a field that 1.5.3 did not have: it is dumped only if it differs from its default."""


def type_info(cls: type) -> dict[str, str]:
    """Returns the module and name under which a class is found."""
    return {"module": cls.__module__, "name": cls.__qualname__}


def module_of(cls: type) -> str:
    """Returns the module of a class as other programs import it, that is, never `__main__`."""
    main = sys.modules.get("__main__")
    if cls.__module__ != "__main__" or main is None:
        return cls.__module__
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    return str(spec.name) if spec is not None else Path(file).stem if file else "__main__"


def to_plain(value: Any) -> Any:
    """Converts the value of a field to JSON-like data; one without such a form, to its class."""
    if value is None or type(value) in (bool, int, float):
        return value
    if isinstance(value, enum.Enum):
        return to_plain(value.value)
    if isinstance(value, str):
        return redact_urls(str(value))
    # YAML takes no subclasses, such as the floats of numpy.
    for base in (int, float):
        if isinstance(value, base):
            return base(value)
    if isinstance(value, Serializable):
        return value.dump()
    if isinstance(value, type) and issubclass(value, BaseModel):
        return value.model_json_schema()
    if isinstance(value, type) and issubclass(value, enum.Enum):
        members = {name: member.value for name, member in value.__members__.items()}
        kind = type(next(iter(members.values()))).__name__ if members else "str"
        return {"_type": "enum", "_enum_type": kind, "_name": value.__name__, "_values": members}
    if isinstance(value, BaseModel):
        return _dumped(value, {})
    if isinstance(value, dict):
        return {
            str(k): to_plain(drop_secrets(v) if isinstance(v, dict) and is_options_field(k) else v)
            for k, v in value.items()
            if not is_secret_value(v)
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [item for item in value if not is_secret_value(item)]
        if items and all(isinstance(item, Serializable) for item in items):
            return {str(i): item.dump() for i, item in enumerate(items)}
        return [to_plain(item) for item in items]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (bytes, date, time, timedelta, Decimal, UUID)):
        return str(value)
    # Dumping must not fail a run for such a value; loading reports it.
    cls = value if hasattr(value, "__qualname__") else type(value)
    return {TYPE_INFO_KEY: {"module": cls.__module__, "name": cls.__qualname__}}


def _dumped(model: BaseModel, left_out: dict[str, str]) -> dict[str, Any]:
    """Returns the fields of a model without secrets, and adds the paths of these to `left_out`."""
    data = {}
    for name, field in type(model).model_fields.items():
        # Not by attribute: that would warn for a deprecated field.
        value = model.__dict__[name]
        if (
            field.exclude
            or name in _NEVER_DUMPED
            or is_secret_field(name, field)
            or is_secret_value(value)
        ):
            continue
        if DumpIfSet in field.metadata and value == field.get_default(call_default_factory=True):
            continue
        shown, secrets = without_secrets(name, value, field)
        if name in secrets and shown is None:
            if value == field.get_default(call_default_factory=True):
                continue
        else:
            data[name] = _field_value(shown, field)
        left_out |= secrets
    return data


def _field_value(value: Any, field: FieldInfo) -> Any:
    """Converts the value of a field to data from which loading restores it."""
    plain = to_plain(value)
    if _is_told(value) or (not has_tag(value) and field_restores(field, plain, value)):
        return plain
    return _to_tagged(value)


def _is_told(value: Any) -> bool:
    """Whether plain data tell the value itself, or its class: components and enum classes."""
    if isinstance(value, dict):
        return TAG not in value and all(
            type(key) is str and _is_told(item) for key, item in value.items()
        )
    if isinstance(value, list):
        return all(map(_is_told, value))
    is_told = isinstance(value, (Serializable, type)) or is_secret_value(value)
    return is_told or is_plain(value)


def _to_tagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_tagged(item) for item in value if not is_secret_value(item)]
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not is_secret_value(item)}
        if TAG not in kept and all(type(key) is str for key in kept):
            return {key: _to_tagged(item) for key, item in kept.items()}
        return tagged(kept, _to_tagged)
    if _is_told(value):
        return to_plain(value)
    if type(value) in (tuple, set, frozenset):
        value = type(value)(item for item in value if not is_secret_value(item))
    described = tagged(value, _to_tagged)
    return to_plain(value) if described is None else described


def find_class(info: dict[str, Any], allow: tuple[str, ...] = ()) -> type[Serializable]:
    """Finds the component class that a `type_info` names.

    Args:
        info: A dict with `module` and `name`.
        allow: Packages, besides `distilabel`, whose modules may be imported.

    Raises:
        DistilabelUserError: The module may not be imported, or has no such component.
    """
    found = find_named_class(info, allow)
    if found is None or not issubclass(found, Serializable):
        module, name = info["module"], info["name"]
        raise DistilabelUserError(
            f"The module {module} has no component named {name!r}. If it is a function or an "
            "object, a file cannot hold it: leave the field out and set it after loading."
        )
    return found


def from_plain(value: Any, allow: tuple[str, ...] = ()) -> Any:
    """Rebuilds the components in a value, innermost first; the inverse of `to_plain`.

    Raises:
        DistilabelUserError: The class of a component may not be imported or does not exist.
    """
    if isinstance(value, list):
        return [from_plain(item, allow) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(TAG) == "enum":
        return _enum(value)
    if isinstance(value.get(TAG), str):
        return restored(value, allow, lambda item: from_plain(item, allow))
    keys = list(value)
    numbered = bool(keys) and keys == [str(i) for i in range(len(keys))]
    if numbered and isinstance(value["0"], dict) and TYPE_INFO_KEY in value["0"]:
        return [from_plain(item, allow) for item in value.values()]
    info = value.get(TYPE_INFO_KEY)
    if isinstance(info, dict) and set(info) >= {"module", "name"}:
        return find_class(info, allow)._rebuilt(value, allow)
    return {key: from_plain(item, allow) for key, item in value.items()}


def _enum(value: dict[str, Any]) -> type[enum.Enum]:
    kind = {"int": int, "float": float}.get(value.get("_enum_type", "str"), str)
    name, members = value.get("_name"), value.get("_values")
    if not (isinstance(name, str) and isinstance(members, dict)):
        raise DistilabelUserError("The file has an enum without `_name` or `_values`.")
    # Names with underscores around them have a meaning to the enum class.
    if not all(isinstance(n, str) and n.isidentifier() and n.strip("_") == n for n in members):
        raise DistilabelUserError(f"The enum {name} in the file has invalid member names.")
    try:
        cls = enum.Enum(name, members, type=kind)  # type: ignore[misc]
    except (TypeError, ValueError) as error:
        raise DistilabelUserError(f"The enum {name} in the file is not valid: {error}") from error
    return cls


class SerializableFile(ABC):
    """Base of objects that can be dumped, written to a file and read from it."""

    @abstractmethod
    def dump(self, **kwargs: Any) -> dict[str, Any]:
        """Returns the object as plain data."""

    @classmethod
    @abstractmethod
    def from_dict(cls, data: dict[str, Any], allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds the object from its dump."""

    def save(
        self,
        path: StrOrPath | None = None,
        format: SaveFormats = "json",
        dump: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Writes the dump to a file.

        Args:
            path: Path of the file; without a suffix, the directory of a file
                `distilabel-file.json`. None is the working directory.
            format: `"json"` or `"yaml"`.
            dump: Data to write instead of `self.dump()`.

        Raises:
            ValueError: The format is unknown.
        """
        write_file(dump if dump is not None else self.dump(**kwargs), path, format)

    @classmethod
    def from_json(cls, path: StrOrPath, allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds the object from a JSON file."""
        return cls.from_dict(read_source(path, "json"), allow)

    @classmethod
    def from_yaml(cls, path: StrOrPath, allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds the object from a YAML file."""
        return cls.from_dict(read_source(path, "yaml"), allow)

    @classmethod
    def from_file(cls, path: StrOrPath, allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds the object from a JSON or YAML file.

        Raises:
            ValueError: The suffix is not `.json`, `.yaml` or `.yml`.
        """
        return cls.from_dict(read_source(path), allow)


class Serializable(SerializableFile):
    """Base of components that can be dumped, saved and loaded again."""

    def model_post_init(self, __context: Any) -> None:
        """Warns, once a class, about methods that 1.5.3 called and that are not called now."""
        super().model_post_init(__context)  # type: ignore[misc]
        warn_of_uncalled_methods(type(self))

    def dump(self, **kwargs: Any) -> dict[str, Any]:
        """Returns the component as plain data: its fields, without secrets, and `type_info`."""
        assert isinstance(self, BaseModel)
        left_out: dict[str, str] = {}
        data = _dumped(self, left_out)
        if left_out:
            data[LEFT_OUT_KEY] = left_out
        return {**data, TYPE_INFO_KEY: type_info(type(self))}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Yields the fields of the component's `repr`, without secrets."""
        fields = type(self).model_fields  # type: ignore[attr-defined]
        for name, value in super().__repr_args__():  # type: ignore[misc]
            yield name, redact(name, value, fields.get(name))

    @classmethod
    def _rebuilt(cls, data: dict[str, Any], allow: tuple[str, ...]) -> Any:
        assert issubclass(cls, BaseModel)
        fields = {name: f for name, f in cls.model_fields.items() if name not in _NEVER_DUMPED}
        values = {k: from_plain(v, allow) for k, v in data.items() if k in fields}
        # Earlier versions dumped some; a model takes its key from where it runs.
        values.pop("api_key", None)
        unknown = [key for key in data if key not in cls.model_fields and key not in _NOT_FIELDS]
        if unknown:
            names = ", ".join(map(repr, unknown))
            _log.warning("%s: unknown fields in the file are ignored: %s", cls.__name__, names)
        left_out = data.get(LEFT_OUT_KEY)
        left_out = left_out if isinstance(left_out, dict) else {}
        if left_out:
            what = ", ".join(f"the {kind} of {path}" for path, kind in left_out.items())
            _log.warning(
                "%s: files do not contain secrets, so the file leaves out %s. Set it again before "
                "the run, in Python or with run(parameters=...).",
                cls.__name__,
                what,
            )
        missing = [n for n, f in fields.items() if n not in values and f.is_required()]
        keys = [n for n in missing if n in left_out or is_secret_field(n, fields[n])]
        if keys:
            raise DistilabelUserError(
                f"{cls.__name__}: {' and '.join(keys)} required, and files do not contain keys. "
                "Let the field read an environment variable (`default_factory`)."
            )
        try:
            return cls(**values)
        except TypeError as error:  # an abstract class
            raise DistilabelUserError(f"{cls.__name__} cannot be created: {error}") from error

    @classmethod
    def from_dict(cls, data: dict[str, Any], allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds a component from its dump.

        Args:
            data: Result of `dump`.
            allow: Packages, besides `distilabel`, whose classes may be imported.

        Raises:
            DistilabelUserError: A class may not be imported or does not exist.
            ValidationError: A value is not valid for its field.
        """
        check_size(data)
        given: Any = data
        if not isinstance(given, dict) or not isinstance(given.get(TYPE_INFO_KEY, {}), dict):
            raise DistilabelUserError(
                f"This is not a dump of a {cls.__name__}. Dumps are written by `dump` and `save`."
            )
        info = data.get(TYPE_INFO_KEY)
        target = find_class(info, allow) if info else cls
        return target._rebuilt(data, allow)  # type: ignore[no-any-return]
