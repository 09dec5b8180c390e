"""Writes dumps to JSON and YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson

from distilabel._core.safe_load import StrOrPath
from distilabel._core.surrogates import replace_surrogates
from distilabel._core.tagged_values import for_json

DISTILABEL_FILENAME: Final = "distilabel-file.json"


def write_file(data: dict[str, Any], path: StrOrPath | None, format: str) -> Path:
    """Writes plain data to a file.

    Args:
        data: Data to write.
        path: Path of the file; without a suffix, the directory of a file `distilabel-file.json`.
            None is the working directory.
        format: `"json"` or `"yaml"`.

    Returns:
        Path of the file.

    Raises:
        ValueError: The format is unknown.
    """
    if format not in ("json", "yaml"):
        raise ValueError(f"Unknown format {format!r}. Expected 'json' or 'yaml'.")
    target = Path(path) if path is not None else Path.cwd()
    if not target.suffix:
        target = target / DISTILABEL_FILENAME
    target.parent.mkdir(parents=True, exist_ok=True)
    if format == "json":
        try:
            text = orjson.dumps(for_json(data), option=orjson.OPT_SERIALIZE_NUMPY)
        except TypeError:
            text = orjson.dumps(
                replace_surrogates(for_json(data)), option=orjson.OPT_SERIALIZE_NUMPY
            )
        target.write_bytes(text)
    else:
        import yaml

        target.write_text(
            yaml.safe_dump(data, sort_keys=False, default_flow_style=False, allow_unicode=True),
            encoding="utf-8",
        )
    return target
