"""The tables of a dataset card: rows, steps, columns, models and prompts. Pure functions."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from distilabel._distiset.markdown import code, code_block, escaped, shortened, table
from distilabel.constants import DISTILABEL_METADATA_KEY, PROVENANCE_COLUMN

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

_EXAMPLE: Final = 80
_PROMPT: Final = 4_000

Facts = dict[str, Any]


def split_table(distiset: DistisetLike) -> str:
    """Returns the number of rows of each split."""
    return table(
        ["configuration", "split", ">rows"],
        [
            [code(name), code(split), f"{len(rows):,}"]
            for name, dataset in distiset.items()
            for split, rows in splits_of(dataset).items()
        ],
    )


def splits_of(dataset: Any) -> dict[str, Any]:
    """Returns the splits of a dataset; one without splits is `train`, as `datasets` loads it."""
    return dict(dataset) if isinstance(dataset, dict) else {"train": dataset}


def step_table(facts: Facts) -> str:
    """Returns what came into each step and out of it; empty without a report."""
    counts = facts.get("report", {}).get("steps", {})
    if not counts:
        return ""
    return table(
        ["step", "class", ">rows in", ">rows out", ">added", ">dropped", ">failed"],
        [
            [
                code(name),
                code(step["kind"]),
                f"{step['taken']:,}",
                f"{step['given'] + step['failed'] - step['ended']:,}",
                *(f"{step[count]:,}" if step[count] else "" for count in ("created", "dropped")),
                f"{step['failed']:,}" if step["failed"] else "",
            ]
            for name, step in counts.items()
        ],
    )


def column_table(configuration: str, rows: Any, first: dict[str, Any], facts: Facts) -> str:
    """Returns the columns of a dataset, with the step and the models that made each.

    Args:
        configuration: Name of the dataset.
        rows: A split.
        first: Its first row, as plain data.
        facts: Description of the run.
    """
    makers = makers_of(facts, configuration)
    heads = ["column", "type", "made by", "what it is", "example"] if makers else []
    lines = []
    for name, feature in rows.features.items():
        step = makers.get(name)
        made = facts["steps"][step] if step else {}
        models = ", ".join(dict.fromkeys(m["name"] for m in made.get("models", [])))
        by = f"{code(step)} ({escaped(models)})" if step and models else code(step or "")
        # From a docstring, which is Markdown.
        about = made.get("columns", {}).get(name) or _KNOWN_COLUMNS.get(name, "")
        about = html.escape(about, quote=False).replace("|", "\\|")
        cells = [code(name), code(type_name(feature)), by, about, example(first.get(name))]
        lines.append(cells if makers else [*cells[:2], cells[4]])
    return table(heads or ["column", "type", "example"], lines)


_KNOWN_COLUMNS: Final = {
    DISTILABEL_METADATA_KEY: "Prompts, raw answers and token counts of each task.",
    PROVENANCE_COLUMN: "Which step, model, prompt and answer made each value.",
}


def makers_of(facts: Facts, configuration: str) -> dict[str, str]:
    """Returns column → the step that made it, as far as steps declare their outputs."""
    made_by: dict[str, dict[str, str]] = facts.get("made_by", {})
    # A single configuration is called `default`, whatever its leaf step is called.
    only = next(iter(made_by.values())) if len(made_by) == 1 else {}
    return made_by.get(configuration, only)


def type_name(feature: Any) -> str:
    """Returns the type of a column in few words, such as `list of string`."""
    if isinstance(feature, dict):
        return "dict"
    if isinstance(feature, list):
        return f"list of {type_name(feature[0])}"
    inner = getattr(feature, "feature", None)
    if inner is not None:
        return f"list of {type_name(inner)}"
    return str(getattr(feature, "dtype", None) or type(feature).__name__.lower())


def example(value: Any) -> str:
    """Returns the beginning of a value as code."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return code(shortened(" ".join(text.split()), _EXAMPLE))


def model_table(facts: Facts, license_of: Callable[[str], str]) -> str:
    """Returns the models with their steps, tokens, cost and license; empty if there are none.

    Args:
        facts: Description of the run.
        license_of: Returns the license of a model as Markdown.
    """
    steps: dict[tuple[str, str], list[str]] = {}
    for name, step in facts.get("steps", {}).items():
        for model in step["models"]:
            steps.setdefault((model["name"], model["class"]), []).append(code(name))
    usage = facts.get("report", {}).get("models", {})
    lines = []
    for (name, kind), names in steps.items():
        used = usage.get(name, {})
        counts = [f"{used.get(c, 0):,}" for c in ("answered", "reused")]
        tokens = [f"{used.get(c, 0):,}" for c in ("input_tokens", "output_tokens")]
        lines.append([code(name), code(kind), ", ".join(names), *counts, *tokens, license_of(name)])
    heads = [">answers", ">reused", ">tokens in", ">tokens out"]
    return table(["model", "class", "steps", *heads, "license"], lines) if lines else ""


def prompts(first: dict[str, Any]) -> dict[str, str]:
    """Returns step → the prompt it sent for a row, as Markdown.

    Args:
        first: The row, as plain data, with `distilabel_metadata`.
    """
    metadata = first.get(DISTILABEL_METADATA_KEY)
    found = {}
    for key, value in metadata.items() if isinstance(metadata, dict) else ():
        if not key.startswith("raw_input_") or not value:
            continue
        messages = value if isinstance(value, list) else [{"role": "prompt", "content": value}]
        blocks = []
        for message in messages:
            if not isinstance(message, dict):
                continue
            content = message.get("content")
            text = content if isinstance(content, str) else json.dumps(content, default=str)
            role = escaped(str(message.get("role")))
            blocks.append(f"*{role}*\n\n{code_block(shortened(text, _PROMPT), 'text')}")
        found[key.removeprefix("raw_input_")] = "\n\n".join(blocks)
    return found
