"""Finds what a pipeline from elsewhere accesses: files, addresses, tokens and code.

The meaning of a text is unknown, since a step may have any field: one that has the form of a path
or an address counts as such, in whatever field, list or dict it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any, Final

from pydantic import BaseModel

from distilabel._core.redaction import redact_urls
from distilabel.cli.pipeline.remote import is_here

_LONGEST: Final = 4096
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//|\\\\).*", re.DOTALL)
_PATH: Final = re.compile(
    r"[/~\\].*|\.{1,2}([/\\].*)?|[A-Za-z]:[/\\].*|.*[/\\]\.\.([/\\].*)?", re.DOTALL
)
_VARIABLE: Final = re.compile(r".*(\$\{?\w|%\w+%).*", re.DOTALL)
_HOST: Final = re.compile(r"(localhost|[\w-]+(\.[\w-]+)+|\[[0-9a-fA-F:.]+\])(:\d{2,5})(/.*)?")

# Parts of the names of fields that hold addresses or files, in whatever form.
_ADDRESS_NAMES: Final = frozenset(
    {"url", "uri", "host", "hostname", "address", "endpoint", "proxy", "proxies", "server"}
)
_FILE_NAMES: Final = frozenset({"path", "paths", "file", "files", "folder", "dir", "directory"})
_ENVIRONMENT_NAMES: Final = frozenset({"env", "environ", "environment"})
_NEVER: Final = frozenset({"name", "pipeline", "input_mappings", "output_mappings", "resources"})


def accesses(name: str, step: Any, given: Any) -> Iterator[str]:
    """Yields what a step accesses by the choice of the file, one line each.

    Args:
        name: Name of the step.
        step: The step.
        given: Runtime parameters of the run for it; what they set is the user's own choice.
    """
    if _is_a(step, "PushToHub") and not _is_given(given, "repo_id"):
        yield (
            f"{name}: publishes all rows as the dataset {step.repo_id} of the Hugging Face Hub, "
            "with your token"
        )
    yield from dict.fromkeys(_of_component(name, step, given))


def _is_a(component: Any, cls: str) -> bool:
    """Whether a component has a class of that name, without importing it."""
    return any(base.__name__ == cls for base in type(component).__mro__)


def _is_given(given: Any, name: str) -> bool:
    return isinstance(given, dict) and name in given


def _of_component(where: str, component: BaseModel, given: Any) -> Iterator[str]:
    for name, field in type(component).model_fields.items():
        # Not by attribute: that would warn for a deprecated field.
        value = component.__dict__.get(name)
        inner = given.get(name) if isinstance(given, dict) else None
        is_nested = _has_component(value)
        is_given = inner is not None and not isinstance(inner, dict)
        if name in _NEVER or (is_given and not is_nested):
            continue
        if not is_nested and _equal(value, field.get_default(call_default_factory=True)):
            continue
        yield from _of_value(f"{where}.{name}", name, value, inner)


def _has_component(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_component, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(_has_component, value))
    return isinstance(value, BaseModel)


def _equal(value: Any, default: Any) -> bool:
    try:
        return bool(value == default)
    except Exception:  # noqa: BLE001 (arrays and the like have no single truth value)
        return False


def _of_value(where: str, name: str, value: Any, given: Any) -> Iterator[str]:
    """Yields the accesses of a value at any depth.

    Args:
        where: Dotted names up to the value.
        name: Name of the field or key that holds the value.
        value: The value.
        given: Runtime parameters of the run for what is inside of it.
    """
    if isinstance(value, BaseModel):
        yield from _of_component(where, value, given)
    elif isinstance(value, dict):
        for key, item in value.items():
            inner = given.get(key) if isinstance(given, dict) else None
            if inner is None or isinstance(inner, dict):
                yield from _of_value(f"{where}.{key}", str(key), item, inner)
                yield from _of_text(f"{where} (a key)", "", str(key))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for number, item in enumerate(value):
            inner = given.get(str(number)) if isinstance(given, dict) else None
            yield from _of_value(
                where if _is_text(item) else f"{where}.{number}", name, item, inner
            )
    elif _is_text(value):
        yield from _of_text(where, name, str(value), is_path=isinstance(value, PurePath))
    elif value is True and name == "trust_remote_code":
        yield f"{where}: runs code from the repository of the model"
    elif callable(value) and not isinstance(value, type):
        yield f"{where}: calls {getattr(value, '__module__', '')}.{_name_of(value)}"


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, PurePath))


def _name_of(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))


def _of_text(where: str, name: str, text: str, is_path: bool = False) -> Iterator[str]:
    text = text.strip()
    words = set(re.split(r"[_\W]+", name.lower()))
    # A prompt may mention a path or an address; a field of one word uses it.
    if (
        not text
        or len(text) > _LONGEST
        or (len(text.split()) > 1 and not is_path and not words & _FILE_NAMES)
    ):
        return
    shown = redact_urls(text)
    if "namespace" in words:
        yield f"{where}: sends rows, and your token, to an endpoint of {shown}"
    elif words & _ENVIRONMENT_NAMES or _VARIABLE.fullmatch(text):
        yield f"{where}: reads the environment variable {shown}"
    elif _URL.fullmatch(text) or _HOST.fullmatch(text) or words & _ADDRESS_NAMES:
        if not _is_own_server(text):
            yield f"{where}: reads from, or sends rows and keys to, {shown}"
    elif is_path or words & _FILE_NAMES or _PATH.fullmatch(text) or _exists(name, text):
        yield f"{where}: reads or writes the file or folder {shown}"


def _is_own_server(text: str) -> bool:
    """Whether an address is that of a server on this machine."""
    scheme, sign, _ = text.partition("://")
    return is_here(text if sign else f"http://{text}") and (
        not sign or scheme.lower() in ("http", "https", "ws", "wss")
    )


def _exists(name: str, text: str) -> bool:
    """Whether a text that may name a dataset or a model names a file or folder here instead."""
    if "/" not in text and "." not in text and "repo" not in name:
        return False
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False
