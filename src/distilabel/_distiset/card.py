"""Makes the dataset card of a distiset: sizes, first records, artifacts and references, no keys."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from huggingface_hub import DatasetCardData
from huggingface_hub import constants as hub

from distilabel._distiset import own_files
from distilabel.utils.card.dataset_card import DistilabelDatasetCard, size_categories_parser

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

_TAGS: Final = ("synthetic", "distilabel", "rlaif")
_MAX_ITEMS: Final = 10
_MAX_CHARACTERS: Final = 1000
_SECRET_SUFFIXES: Final = ("_TOKEN", "_KEY", "_SECRET", "_PASSWORD")


def make_card(
    distiset: DistisetLike,
    repo_id: str,
    script: str | None = None,
    secrets: tuple[str, ...] = (),
) -> DistilabelDatasetCard:
    """Makes the card of a distiset.

    Args:
        distiset: Datasets, with the files that tell how they were made.
        repo_id: Dataset on the Hub, as `owner/name`, or the name of a directory.
        script: Name of the script in the repository, if it was pushed.
        secrets: Texts that must not be in the card, besides keys in environment variables.

    Returns:
        The card.
    """
    fields = {
        "size_categories": size_categories_parser(max(map(_rows, distiset.values()), default=0)),
        "tags": list(_TAGS),
    }
    address = f"{hub.ENDPOINT}/datasets/{repo_id}"
    records = {name: first_record(dataset) for name, dataset in distiset.items()}
    card: DistilabelDatasetCard = DistilabelDatasetCard.from_template(
        DatasetCardData(ignore_metadata_errors=True, **fields),
        name=repo_id.rpartition("/")[2],
        repo_id=repo_id,
        script=script,
        script_url=f"{address}/raw/main/{script}",
        config_url=f"{address}/raw/main/pipeline.yaml" if distiset.pipeline_path else None,
        records={name: _hide(_json(record), secrets) for name, record in records.items()},
        artifacts={
            step: {name: _hide(_json(metadata), secrets) for name, metadata in artifacts.items()}
            for step, artifacts in artifacts_in(distiset.artifacts_path).items()
        },
        references=distiset.citations,
    )
    return card


def first_record(dataset: Any) -> dict[str, Any]:
    """Returns the first row, with long lists and texts cut and images removed; {} if none.

    Args:
        dataset: A `Dataset`, or a `DatasetDict`, whose first split with rows is used.
    """
    splits = list(dataset.values()) if isinstance(dataset, dict) else [dataset]
    split = next((s for s in splits if len(s)), None)
    if split is None:
        return {}
    # As Arrow data, images remain bytes, so no image library is needed.
    rows = split.select(range(1)).with_format("arrow")[:].to_pylist()
    return {name: _cut(value) for name, value in rows[0].items()}


def artifacts_in(folder: Path | None) -> dict[str, dict[str, Any]]:
    """Returns step → artifact → its metadata."""
    found: dict[str, dict[str, Any]] = {}
    for file, name in own_files.files_in(folder):
        if name.count("/") != 2 or file.name != "metadata.json":
            continue
        metadata = json.loads(file.read_text(encoding="utf-8"))
        found.setdefault(file.parent.parent.name, {})[file.parent.name] = metadata
    return found


def _rows(dataset: Any) -> int:
    splits = dataset.values() if isinstance(dataset, dict) else [dataset]
    return sum(len(split) for split in splits)


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"bytes", "path"}:
            return None
        return {k: _cut(v) for k, v in value.items()}
    if isinstance(value, bytes):
        return None
    if isinstance(value, str) and len(value) > _MAX_CHARACTERS:
        return f"{value[:_MAX_CHARACTERS]}... ({len(value)} characters)"
    if isinstance(value, list):
        shown = [_cut(item) for item in value[:_MAX_ITEMS]]
        return [*shown, f"... ({len(value)} items)"] if len(value) > _MAX_ITEMS else shown
    return value


def _json(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False, default=str)


def _hide(text: str, secrets: tuple[str, ...]) -> str:
    """Masks keys: a record may contain one that a server or a script echoed."""
    named = (v for k, v in os.environ.items() if k.upper().endswith(_SECRET_SUFFIXES))
    for secret in (*secrets, *named):
        if len(secret) >= 8:
            text = text.replace(secret, "***")
    return text
