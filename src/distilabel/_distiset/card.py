"""Makes the dataset card of a distiset: what it is, how it was made and how to use it, no keys."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from huggingface_hub import DatasetCardData
from huggingface_hub import constants as hub

from distilabel._distiset import card_tables, own_files
from distilabel._distiset.markdown import code, escaped
from distilabel.constants import PIPELINE_PICTURE_FILENAME, PROVENANCE_COLUMN
from distilabel.utils.card.dataset_card import DistilabelDatasetCard, size_categories_parser

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

_TAGS: Final = ("synthetic", "distilabel", "rlaif")
_MAX_ITEMS: Final = 10
_MAX_CHARACTERS: Final = 1000
_SECRET_SUFFIXES: Final = ("_TOKEN", "_KEY", "_SECRET", "_PASSWORD")
# An artifact may describe itself with a Markdown file of this name, for instance a judge that was
# measured against people.
_ARTIFACT_CARD: Final = "card.md"
_HUB_MODEL: Final = re.compile(r"[\w.-]+/[\w.-]+")


def make_card(
    distiset: DistisetLike,
    repo_id: str,
    script: str | None = None,
    secrets: tuple[str, ...] = (),
    license_of: Callable[[str], str | None] = lambda model: None,
) -> DistilabelDatasetCard:
    """Makes the card of a distiset.

    Args:
        distiset: Datasets, with the files that tell how they were made.
        repo_id: Dataset on the Hub, as `owner/name`, or the name of a directory.
        script: Name of the script in the repository, if it was pushed.
        secrets: Texts that must not be in the card, besides keys in environment variables.
        license_of: Returns the license of a model on the Hub, such as `apache-2.0`; None if it is
            not known.

    Returns:
        The card.
    """
    facts = distiset._run_facts
    sources = [step["dataset"] for step in facts.get("steps", {}).values() if "dataset" in step]
    data = DatasetCardData(
        ignore_metadata_errors=True,
        size_categories=size_categories_parser(max(map(_rows, distiset.values()), default=0)),
        source_datasets=list(dict.fromkeys(sources)) or None,
        tags=list(_TAGS),
    )
    mask = _mask(secrets)
    address = f"{hub.ENDPOINT}/datasets/{repo_id}"
    rows = {name: mask(_first_row(dataset)) for name, dataset in distiset.items()}
    records = {name: _cut(row) for name, row in rows.items()}
    prompts = {
        step: text for row in rows.values() for step, text in card_tables.prompts(row).items()
    }
    card: DistilabelDatasetCard = DistilabelDatasetCard.from_template(
        data,
        name=repo_id.rpartition("/")[2],
        repo_id=repo_id,
        summary=_summary(distiset),
        description=mask(facts.get("description")),
        script=script,
        script_url=f"{address}/raw/main/{script}",
        config_url=f"{address}/raw/main/pipeline.yaml" if distiset.pipeline_path else None,
        picture=PIPELINE_PICTURE_FILENAME if distiset._picture else None,
        splits=card_tables.split_table(distiset),
        steps=card_tables.step_table(facts),
        report=facts.get("report", {}),
        columns={
            name: card_tables.column_table(name, _first_split(dataset), records[name], facts)
            for name, dataset in distiset.items()
        },
        records={name: _json(record) for name, record in records.items()},
        models=card_tables.model_table(facts, lambda model: _license(model, license_of)),
        cost=_cost(facts),
        prompts=prompts,
        sections={**distiset.card_sections, **_artifact_sections(distiset.artifacts_path)},
        has_provenance=any(
            PROVENANCE_COLUMN in _first_split(dataset).column_names for dataset in distiset.values()
        ),
        artifacts={
            step: {name: _json(mask(metadata)) for name, metadata in artifacts.items()}
            for step, artifacts in artifacts_in(distiset.artifacts_path).items()
        },
        references=distiset.citations,
    )
    # What is not of a record, such as the text of an artifact, is masked here.
    card.text = mask(card.text)
    return card


def _summary(distiset: DistisetLike) -> str:
    """Returns one sentence that says what the dataset is."""
    facts = distiset._run_facts
    rows = sum(map(_rows, distiset.values()))
    text = f"**{rows:,} {'row' if rows == 1 else 'rows'}**"
    if len(distiset) > 1:
        text += f" in {len(distiset)} configurations"
    steps = facts.get("steps", {}).values()
    models = list(dict.fromkeys(model["name"] for step in steps for model in step["models"]))
    if models:
        text += f", made with {_listed(list(map(code, models)))}"
    if facts:
        text += f" by the pipeline {code(facts['pipeline'])} on {facts['started'][:10]}"
    return f"{text}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _license(model: str, license_of: Callable[[str], str | None]) -> str:
    if not _HUB_MODEL.fullmatch(model):
        return "terms of its provider"
    found = license_of(model)
    page = f"{hub.ENDPOINT}/{model}"
    return f"[{escaped(found)}]({page})" if found else f"see [its page]({page})"


def _cost(facts: dict[str, Any]) -> str | None:
    """Returns what the run cost, in US dollars; None if no model was asked."""
    report = facts.get("report", {})
    if not report.get("models"):
        return None
    cost = report.get("cost")
    reused = any(model["reused"] for model in report["models"].values())
    stored = "; answers that were stored by earlier runs are not counted" if reused else ""
    if cost is None:
        known = sum(model["known_cost"] for model in report["models"].values())
        return f"at least ${known:,.2f}: the price of a model is not known{stored}"
    per_row = report.get("cost_per_row")
    return f"${cost:,.2f}" + (f" (${per_row:.2g} per row)" if per_row else "") + stored


def _artifact_sections(folder: Path | None) -> dict[str, str]:
    """Returns the Markdown that artifacts describe themselves with, by step and artifact."""
    return {
        " ".join(name.split("/")[:2]): file.read_text(encoding="utf-8")
        for file, name in own_files.files_in(folder)
        if name.count("/") == 2 and file.name == _ARTIFACT_CARD
    }


def _first_split(dataset: Any) -> Any:
    splits = list(card_tables.splits_of(dataset).values())
    return next((split for split in splits if len(split)), splits[0])


def first_record(dataset: Any) -> dict[str, Any]:
    """Returns the first row, with long lists and texts cut and images removed; {} if none.

    Args:
        dataset: A `Dataset`, or a `DatasetDict`, whose first split with rows is used.
    """
    record: dict[str, Any] = _cut(_first_row(dataset))
    return record


def _first_row(dataset: Any) -> dict[str, Any]:
    split = _first_split(dataset)
    if not len(split):
        return {}
    # As Arrow data, images remain bytes, so no image library is needed.
    rows = split.select(range(1)).with_format("arrow")[:].to_pylist()
    row: dict[str, Any] = rows[0]
    return row


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
    return sum(map(len, card_tables.splits_of(dataset).values()))


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


def _mask(secrets: tuple[str, ...]) -> Callable[[Any], Any]:
    """Returns what masks keys in texts: a record may hold one that a server or a script echoed."""
    named = [v for k, v in os.environ.items() if k.upper().endswith(_SECRET_SUFFIXES)]
    long = [secret for secret in (*secrets, *named) if len(secret) >= 8]

    def mask(value: Any) -> Any:
        if isinstance(value, str):
            for secret in long:
                value = value.replace(secret, "***")
            return value
        if isinstance(value, dict):
            return {key: mask(each) for key, each in value.items()}
        return [mask(each) for each in value] if isinstance(value, list) else value

    return mask
