"""Files of plain data, as far as a stranger may have written them: read with limits, never run.

What comes out is dicts, lists, texts and numbers, at most so many and so deep that a walk through
all of it ends.
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

_MOST_VALUES: Final = 1_000_000
_DEEPEST: Final = 100


def read_source(path: StrOrPath, format: str | None = None) -> Any:
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
    kind = format or SUFFIXES.get(target.suffix)
    if kind is None:
        raise ValueError(f"{target} is neither .json nor .yaml nor .yml.")
    return parse(target.read_bytes(), kind, str(target))


def parse(text: bytes, format: str, where: str) -> Any:
    """The plain data in a text.

    Args:
        text: of the file, UTF-8.
        format: `"json"` or `"yaml"`.
        where: the file or address it comes from, for errors.

    Raises:
        DistilabelUserError: no valid JSON or YAML, or too large or deep a one.
    """
    import yaml

    try:
        # A reader of YAML sees no difference between bytes of UTF-8 and of UTF-16.
        data = orjson.loads(text) if format == "json" else _yaml(text.decode("utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise DistilabelUserError(f"{where} is no valid {format.upper()}: {error}") from error
    except RecursionError:
        raise DistilabelUserError(f"{where} is nested too deeply to be a pipeline.") from None
    check_size(data, where)
    return data


def check_size(data: Any, where: str = "What is to be loaded") -> None:
    """Makes sure that data can be walked through: aliases in YAML can make much of a little.

    Args:
        data: dicts, lists and what is in them.
        where: the file or address it comes from, for errors.

    Raises:
        DistilabelUserError: it has too many values, or is nested too deeply.
    """
    count = 0
    waiting = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if depth > _DEEPEST or count > _MOST_VALUES:
            how = "nested too deeply" if depth > _DEEPEST else "too large"
            raise DistilabelUserError(f"{where} is {how} to be a pipeline.")
        if isinstance(value, dict):
            waiting += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting += [(item, depth + 1) for item in value]


def _yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            # `<<` copies: a few lines of it can fill the memory. No dump has any.
            for key, _ in node.value:
                if key.tag == "tag:yaml.org,2002:merge":
                    raise yaml.constructor.ConstructorError(
                        problem="`<<` is not understood here", problem_mark=key.start_mark
                    )
            super().flatten_mapping(node)

    return yaml.load(text, Loader)
