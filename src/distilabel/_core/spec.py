"""Specs: components as plain data, written and read as JSON or YAML.

The format is that of 1.5.3: every component carries `type_info`, its module and its name. Reading a
spec runs nothing: no text is evaluated, and no module outside `distilabel` is imported unless the
caller names it.
"""

from __future__ import annotations

import enum
import importlib
import re
import sys
from abc import ABC, abstractmethod
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, Self, Union
from uuid import UUID

import orjson
from pydantic import BaseModel, SecretStr

from distilabel._core import old_names
from distilabel._core.addresses import without_password
from distilabel._core.halves import without_halves
from distilabel.errors import DistilabelUserError

TYPE_INFO_KEY: Final = "type_info"
DISTILABEL_FILENAME: Final = "distilabel-file.json"
SaveFormats = Literal["json", "yaml"]
StrOrPath = Union[str, Path]

# Fields that never leave the process, whatever class they belong to.
_NEVER: Final = frozenset({"pipeline", "exclude_from_signature", "api_key"})

_LETS_IN: Final = re.compile(r"auth|cookie|credential|key|secret|token", re.I)


class DumpIfSet:
    """Marks a field that 1.5.3 did not have: it is dumped only when it differs from its default."""


class Headers:
    """Marks a field of HTTP headers: those that let one in are not dumped."""


def type_info(cls: type) -> dict[str, str]:
    """Where a class is found: its module and its name."""
    return {"module": cls.__module__, "name": cls.__qualname__}


def module_of(cls: type) -> str:
    """The module of a class as others import it: the program is `__main__` only to itself."""
    main = sys.modules.get("__main__")
    if cls.__module__ != "__main__" or main is None:
        return cls.__module__
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    return str(spec.name) if spec is not None else Path(file).stem if file else "__main__"


def to_plain(value: Any) -> Any:
    """A value of a field as JSON-like data; what has no such form is named by its class."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Spec):
        return value.dump()
    if isinstance(value, type) and issubclass(value, BaseModel):
        return value.model_json_schema()
    if isinstance(value, type) and issubclass(value, enum.Enum):
        members = {name: member.value for name, member in value.__members__.items()}
        kind = type(next(iter(members.values()))).__name__ if members else "str"
        return {"_type": "enum", "_enum_type": kind, "_name": value.__name__, "_values": members}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, BaseModel):
        return {name: to_plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {k if isinstance(k, str) else str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = list(value)
        if items and all(isinstance(item, Spec) for item in items):
            return {str(i): item.dump() for i, item in enumerate(items)}
        return [to_plain(item) for item in items]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (bytes, date, time, timedelta, Decimal, UUID)):
        return str(value)
    # Named, not written: a run is not to fail for it, and loading says what is missing.
    named = value if hasattr(value, "__qualname__") else type(value)
    return {TYPE_INFO_KEY: {"module": named.__module__, "name": named.__qualname__}}


def _dumped(model: BaseModel) -> dict[str, Any]:
    data = {}
    for name, field in type(model).model_fields.items():
        # Not by attribute: reading a deprecated field that way warns.
        value = model.__dict__[name]
        if field.exclude or name in _NEVER or isinstance(value, SecretStr):
            continue
        if DumpIfSet in field.metadata and value == field.get_default(call_default_factory=True):
            continue
        if Headers in field.metadata and isinstance(value, dict):
            value = {k: v for k, v in value.items() if not _LETS_IN.search(str(k))}
        if isinstance(value, str):
            value = without_password(value)
        data[name] = to_plain(value)
    return data


def write(data: dict[str, Any], path: StrOrPath | None, format: str) -> Path:
    """Writes plain data to a file and gives its path.

    Args:
        data: what to write.
        path: the file; without a suffix, the folder for `distilabel-file.json`; None is the
            working directory.
        format: `"json"` or `"yaml"`.

    Raises:
        ValueError: another format.
    """
    if format not in ("json", "yaml"):
        raise ValueError(f"Unknown format {format!r}: 'json' or 'yaml'.")
    target = Path(path) if path is not None else Path.cwd()
    if not target.suffix:
        target = target / DISTILABEL_FILENAME
    target.parent.mkdir(parents=True, exist_ok=True)
    if format == "json":
        try:
            text = orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)
        except TypeError:
            text = orjson.dumps(without_halves(data), option=orjson.OPT_SERIALIZE_NUMPY)
        target.write_bytes(text)
    else:
        import yaml

        target.write_text(
            yaml.safe_dump(data, sort_keys=False, default_flow_style=False, allow_unicode=True),
            encoding="utf-8",
        )
    return target


def read(path: StrOrPath, format: str | None = None) -> Any:
    """Reads plain data from a JSON or YAML file.

    Args:
        path: the file.
        format: `"json"` or `"yaml"`; None goes by the suffix.

    Raises:
        ValueError: a folder, an unknown suffix, or no valid JSON or YAML.
        FileNotFoundError: there is no such file.
    """
    target = Path(path)
    if target.is_dir():
        raise ValueError(f"{target} is a folder: give the file in it.")
    suffix = format or {".json": "json", ".yaml": "yaml", ".yml": "yaml"}.get(target.suffix)
    if suffix is None:
        raise ValueError(f"{target} is neither .json nor .yaml nor .yml.")
    if suffix == "json":
        return orjson.loads(target.read_bytes())
    import yaml

    return yaml.safe_load(target.read_text(encoding="utf-8"))


def is_allowed(module: str, allow: tuple[str, ...] | str) -> bool:
    """Whether a module, or the package it is in, is among those the caller has named."""
    names = (allow,) if isinstance(allow, str) else allow
    return module in names or module.partition(".")[0] in names


def find_class(info: dict[str, Any], allow: tuple[str, ...] = ()) -> type[Spec]:
    """The class that a `type_info` names.

    Args:
        info: `module` and `name`.
        allow: packages, besides `distilabel`, whose modules may be imported.

    Raises:
        DistilabelUserError: the module may not be imported, or has no such component.
    """
    module, name = str(info["module"]), str(info["name"])
    package = module.partition(".")[0]
    if package == "distilabel":
        module, name = old_names.present_class(name) or (module, name)
    if package != "distilabel" and not is_allowed(module, allow):
        # A module the program has imported itself is no news; importing another one would run it.
        if module not in sys.modules:
            raise DistilabelUserError(
                f"The file asks for {name} of the module {module}, which is no part of distilabel. "
                f"Import {module} before loading, or allow it by name: allow=({package!r},), "
                f"on the command line --allow {package}."
            )
        holder: Any = sys.modules[module]
    else:
        try:
            holder = importlib.import_module(module)
        except ImportError as error:
            raise DistilabelUserError(f"The file asks for {module}.{name}: {error}.") from error
    found: Any = holder
    for part in name.split("."):
        found = getattr(found, part, None)
    if not (isinstance(found, type) and issubclass(found, Spec)):
        raise DistilabelUserError(f"{module} has no component called {name}.")
    return found


def from_plain(value: Any, allow: tuple[str, ...] = ()) -> Any:
    """The inverse of `to_plain`: rebuilds the components in a value, the inner ones first.

    Raises:
        DistilabelUserError: a component may not be imported or is not there.
    """
    if isinstance(value, list):
        return [from_plain(item, allow) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("_type") == "enum":
        kind = {"str": str, "int": int, "float": float}.get(value["_enum_type"], str)
        return enum.Enum(value["_name"], value["_values"], type=kind)
    keys = list(value)
    numbered = bool(keys) and keys == [str(i) for i in range(len(keys))]
    if numbered and isinstance(value["0"], dict) and TYPE_INFO_KEY in value["0"]:
        return [from_plain(item, allow) for item in value.values()]
    info = value.get(TYPE_INFO_KEY)
    if info is not None and set(info) >= {"module", "name"}:
        return find_class(info, allow)._rebuilt(value, allow)
    return {key: from_plain(item, allow) for key, item in value.items()}


class Filed(ABC):
    """Something with a dump that can be written to a file and read from it."""

    @abstractmethod
    def dump(self, **kwargs: Any) -> dict[str, Any]:
        """This as plain data."""

    @classmethod
    @abstractmethod
    def from_dict(cls, data: dict[str, Any], allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds it from its dump."""

    def save(
        self,
        path: StrOrPath | None = None,
        format: SaveFormats = "json",
        dump: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Writes the dump to a file.

        Args:
            path: the file; without a suffix, the folder for `distilabel-file.json`; None is the
                working directory.
            format: `"json"` or `"yaml"`.
            dump: what to write instead of `self.dump()`.

        Raises:
            ValueError: another format.
        """
        write(dump if dump is not None else self.dump(**kwargs), path, format)

    @classmethod
    def from_json(cls, path: StrOrPath, allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds it from a JSON file."""
        return cls.from_dict(read(path, "json"), allow)

    @classmethod
    def from_yaml(cls, path: StrOrPath, allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds it from a YAML file."""
        return cls.from_dict(read(path, "yaml"), allow)

    @classmethod
    def from_file(cls, path: StrOrPath, allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds it from a file, by its suffix.

        Raises:
            ValueError: neither `.json` nor `.yaml` nor `.yml`.
        """
        return cls.from_dict(read(path), allow)


class Spec(Filed):
    """A component that can be dumped, saved and loaded again."""

    def dump(self, **kwargs: Any) -> dict[str, Any]:
        """This component as plain data.

        Returns:
            Its fields by name, less secrets, and `type_info`.
        """
        assert isinstance(self, BaseModel)
        return {**_dumped(self), TYPE_INFO_KEY: type_info(type(self))}

    @classmethod
    def _rebuilt(cls, data: dict[str, Any], allow: tuple[str, ...]) -> Any:
        assert issubclass(cls, BaseModel)
        values = {
            key: from_plain(value, allow)
            for key, value in data.items()
            if key in cls.model_fields and key not in _NEVER
        }
        return cls(**values)

    @classmethod
    def from_dict(cls, data: dict[str, Any], allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds a component from its dump.

        Args:
            data: what `dump` gave.
            allow: packages, besides `distilabel`, whose classes may be imported.

        Raises:
            DistilabelUserError: a class may not be imported or is not there.
            ValidationError: a value does not fit its field.
        """
        info = data.get(TYPE_INFO_KEY)
        target = find_class(info, allow) if info else cls
        return target._rebuilt(data, allow)  # type: ignore[no-any-return]
