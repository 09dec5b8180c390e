"""What a card says about a distiset: sizes, first records, artifacts, references. No keys."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from huggingface_hub import DatasetCardData
from huggingface_hub import constants as hub

from distilabel.utils.card.dataset_card import DistilabelDatasetCard, size_categories_parser

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

_TAGS: Final = ("synthetic", "distilabel", "rlaif")
_ITEMS_SHOWN: Final = 10
_CHARACTERS_SHOWN: Final = 1000
_SECRET_NAMES: Final = ("_TOKEN", "_KEY", "_SECRET", "_PASSWORD")


def make_card(
    distiset: DistisetLike,
    repo_id: str,
    data: DatasetCardData | None = None,
    script: str | None = None,
    secrets: tuple[str, ...] = (),
) -> DistilabelDatasetCard:
    """Writes the card of a distiset.

    Args:
        distiset: the datasets, and what tells how they were made.
        repo_id: the dataset on the Hub, as `owner/name`; or the name of a folder.
        data: metadata to begin with, such as the configurations `datasets` has described.
        script: name of the script in the repository, if it is there.
        secrets: texts that must not be in the card, besides keys in environment variables.

    Returns:
        The card.
    """
    fields: dict[str, Any] = dict(data.to_dict()) if data else {}  # type: ignore[no-untyped-call]
    fields["size_categories"] = size_categories_parser(
        max(map(_rows, distiset.values()), default=0)
    )
    fields["tags"] = list(dict.fromkeys([*(fields.get("tags") or []), *_TAGS]))
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
            step: {name: _hide(_json(about), secrets) for name, about in kept.items()}
            for step, kept in artifacts_in(distiset.artifacts_path).items()
        },
        references=distiset.citations,
    )
    return card


def first_record(dataset: Any) -> dict[str, Any]:
    """The first row, long lists and texts cut, images left out; empty if there are no rows.

    Args:
        dataset: a `Dataset`, or a `DatasetDict`, of which the first split with rows is taken.
    """
    splits = list(dataset.values()) if isinstance(dataset, dict) else [dataset]
    split = next((s for s in splits if len(s)), None)
    if split is None:
        return {}
    # As Arrow, images stay the bytes they are: nobody has to be able to decode them.
    rows = split.select(range(1)).with_format("arrow")[:].to_pylist()
    return {name: _cut(value) for name, value in rows[0].items()}


def artifacts_in(folder: Path | None) -> dict[str, dict[str, Any]]:
    """Step → artifact → its metadata."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob("*/*/metadata.json")) if folder else []:
        about = json.loads(file.read_text(encoding="utf-8"))
        found.setdefault(file.parent.parent.name, {})[file.parent.name] = about
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
    if isinstance(value, str) and len(value) > _CHARACTERS_SHOWN:
        return f"{value[:_CHARACTERS_SHOWN]}... ({len(value)} characters)"
    if isinstance(value, list):
        shown = [_cut(item) for item in value[:_ITEMS_SHOWN]]
        return [*shown, f"... ({len(value)} items)"] if len(value) > _ITEMS_SHOWN else shown
    return value


def _json(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False, default=str)


def _hide(text: str, secrets: tuple[str, ...]) -> str:
    """Blanks keys: a record may hold what a server or a script has echoed."""
    named = (v for k, v in os.environ.items() if k.upper().endswith(_SECRET_NAMES))
    for secret in (*secrets, *named):
        if len(secret) >= 8:
            text = text.replace(secret, "***")
    return text
