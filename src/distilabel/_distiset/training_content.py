"""A contribution to the EU's public summary of training content: the part on synthetic data.

Providers of general-purpose AI models publish that summary by a template of the European Commission
(Regulation (EU) 2024/1689, Article 53(1)(d)). A provider that trains a model on this dataset needs
its section 2.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from distilabel._distiset.card_tables import splits_of
from distilabel._distiset.croissant import models_of
from distilabel._distiset.markdown import code, escaped, table

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

_TO_DO: Final = "to be completed"
_HEADS: Final = ("model", "used by the steps", "link to its own summary")
_TEMPLATE: Final = """\
# Contribution to a public summary of training content

**Draft, not a summary.** Made by distilabel from the record of a run, for providers of
general-purpose AI models who train on this dataset and fill in the template of the European
Commission (Regulation (EU) 2024/1689, Article 53(1)(d)). It covers section 2.5, synthetic data,
and names the datasets for sections 2.1 and 2.2. Check it, and complete what is marked.

## 2.5 Synthetic data

- Synthetic AI-generated data: yes
- Modality: {modalities}
- Dataset: {name}, {rows:,} rows, made on {date}
- How it was made: {description}

Models that generated the data, whether or not they are on the market:

{models}

## 2.1 and 2.2 Datasets on the Hugging Face Hub that the data were made from

{sources}
"""


def training_content(distiset: DistisetLike) -> str:
    """Returns the contribution as Markdown.

    Args:
        distiset: Dataset that a model may be trained on.
    """
    facts = distiset._run_facts
    rows = sum(len(split) for dataset in distiset.values() for split in splits_of(dataset).values())
    models = [
        [code(name), ", ".join(map(code, steps)), _TO_DO]
        for name, steps in models_of(facts).items()
    ]
    sources = [step["dataset"] for step in facts.get("steps", {}).values() if "dataset" in step]
    return _TEMPLATE.format(
        modalities=_modalities(distiset),
        name=escaped(str(facts.get("pipeline") or "not recorded")),
        rows=rows,
        date=facts.get("started", "an unknown date")[:10],
        description=escaped(facts.get("description") or "see the dataset card"),
        models=table(_HEADS, models) if models else "None is recorded.",
        sources="\n".join(f"- {escaped(source)}" for source in dict.fromkeys(sources))
        or f"The pipeline was given its rows, or made them: {_TO_DO}.",
    )


def _modalities(distiset: DistisetLike) -> str:
    kinds: dict[str, None] = {"text": None}
    for dataset in distiset.values():
        for split in splits_of(dataset).values():
            kinds |= dict.fromkeys(_modality(feature) for feature in split.features.values())
    return ", ".join(kinds)


def _modality(feature: Any) -> str:
    return {"Image": "image", "Audio": "audio", "Video": "video"}.get(
        type(feature).__name__, "text"
    )
