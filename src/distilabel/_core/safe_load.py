"""Reads JSON and YAML from untrusted sources: plain data within limits of size and depth.

The result consists of dicts, lists, strings and numbers only, and a walk through all of it ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Union

import orjson

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    import yaml

StrOrPath = Union[str, Path]

SUFFIXES: Final = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}

_MAX_VALUES: Final = 1_000_000
_MAX_DEPTH: Final = 100


def read_source(path: StrOrPath, format: str | None = None) -> Any:
    """Reads plain data from a JSON or YAML file.

    Args:
        path: Path of the file.
        format: `"json"` or `"yaml"`; None goes by the suffix.

    Raises:
        ValueError: The path is a directory, its suffix is unknown, or the file is not valid.
        FileNotFoundError: The file does not exist.
    """
    target = Path(path)
    if target.is_dir():
        raise ValueError(f"{target} is a directory. Give the path of a file in it.")
    kind = format or SUFFIXES.get(target.suffix)
    if kind is None:
        raise ValueError(f"{target}: unknown file type. Expected .json, .yaml or .yml.")
    # Absolute, so that an error tells where a relative path leads.
    return parse(target.absolute().read_bytes(), kind, str(target))


def parse(text: bytes, format: str, where: str) -> Any:
    """Parses JSON or YAML.

    Args:
        text: Content of the file, UTF-8.
        format: `"json"` or `"yaml"`.
        where: Path or URL of the source, for errors.

    Raises:
        DistilabelUserError: It is not valid, too large or nested too deeply.
    """
    import yaml

    try:
        # From bytes, PyYAML would accept UTF-16 too.
        data = orjson.loads(text) if format == "json" else _yaml(text.decode("utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise DistilabelUserError(f"{where} is not valid {format.upper()}: {error}") from error
    except RecursionError:
        raise DistilabelUserError(f"{where} is nested too deeply to be a pipeline.") from None
    check_size(data, where)
    return data


def check_size(data: Any, where: str = "The data to load") -> None:
    """Checks that data can be walked through: aliases in a short YAML file can expand without end.

    Args:
        data: JSON-like data.
        where: Path or URL of the source, for errors.

    Raises:
        DistilabelUserError: It has too many values, or is nested too deeply.
    """
    count = 0
    waiting = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if depth > _MAX_DEPTH or count > _MAX_VALUES:
            how = "nested too deeply" if depth > _MAX_DEPTH else "too large"
            raise DistilabelUserError(f"{where} is {how} to be a pipeline.")
        if isinstance(value, dict):
            waiting += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting += [(item, depth + 1) for item in value]


def _yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            # `<<` copies mappings: a few lines of it can fill the memory. No dump contains it.
            for key, _ in node.value:
                if key.tag == "tag:yaml.org,2002:merge":
                    raise yaml.constructor.ConstructorError(
                        problem="merge keys (`<<`) are not supported", problem_mark=key.start_mark
                    )
            super().flatten_mapping(node)

    return yaml.load(text, Loader)
