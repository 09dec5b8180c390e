"""Writes how a distiset was made: Croissant, a draft for the EU, and the rows they describe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from distilabel._distiset import croissant
from distilabel._distiset.export import export
from distilabel._distiset.training_content import training_content
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

CROISSANT_FILENAME: Final = "croissant.json"
TRAINING_CONTENT_FILENAME: Final = "training-content.md"
_DATA: Final = "data"


def write_provenance(
    distiset: DistisetLike, folder: Path, properties: Path | None = None
) -> tuple[list[Path], list[str]]:
    """Writes the files.

    Args:
        distiset: Distiset to describe.
        folder: Folder for `croissant.json`, `training-content.md` and `data/*.parquet`.
        properties: JSON file of properties that replace those in `croissant.json`.

    Returns:
        The files, and the properties that the publisher has to complete.

    Raises:
        DistilabelUserError: The file of properties is not a JSON object.
    """
    given = _properties(properties) if properties else {}
    rows = export(distiset, folder / _DATA, "parquet")
    described = croissant.describe(distiset, {file.stem: file for file in rows}, given)
    texts = {
        CROISSANT_FILENAME: orjson.dumps(described, option=orjson.OPT_INDENT_2),
        TRAINING_CONTENT_FILENAME: training_content(distiset).encode(),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text)
    return [*(folder / name for name in texts), *rows], croissant.missing_properties(described)


def _properties(file: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise DistilabelUserError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise DistilabelUserError(f"{file}: a JSON object of properties is expected.")
    return found
