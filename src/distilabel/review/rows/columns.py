"""Guesses from names and types what the columns of a table are: texts to show, candidates, ratings.

A person sees the texts. What a judge or a model is called and thinks stays hidden until the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from distilabel.constants import DISTILABEL_METADATA_KEY

if TYPE_CHECKING:
    import pyarrow as pa

Task = Literal["generations", "pair", "generation", "text"]

# Columns with what judges and models say: an annotator who reads them first follows them.
_JUDGE_NAMES: Final = frozenset(
    {
        "ratings", "rating", "score", "scores", "rationales", "rationale", "feedback", "feedbacks",
        "critique", "critiques", "judge", "judgements", "judgments", "verdict", "verdicts", "types",
        "rationales_for_ratings", "evaluation", "evaluations", "result", "results", "keep",
        "preferred", "winner", "explanation", "explanations",
    }
)  # fmt: skip
_HIDDEN_STARTS: Final = ("human_", "judge_", "raw_", "__")
_HIDDEN_ENDS: Final = ("_id", "_model", "_models", "_rating", "_ratings", "_score", "_scores")
_HIDDEN_NAMES: Final = frozenset(
    {
        DISTILABEL_METADATA_KEY, "id", "uuid", "model", "models", "model_name", "model_names",
        "generation_model", "generation_models", "embedding", "embeddings", "source", "split",
        "cluster", "cluster_label", "summary_label", "projection", "persona_id", "statistics",
    }
)  # fmt: skip
# Vectors, and texts of judges, which may be short.
_NO_FACTS: Final = frozenset(
    {"embedding", "embeddings", "projection", "rationales", "rationale", "feedback", "critique"}
)
_LABEL_NAMES: Final = ("labels", "label", "classification", "category")


@dataclass(frozen=True)
class ColumnRoles:
    """What the columns of a table are.

    Attributes:
        task: What people judge: a list of `generations`, a `pair` (chosen, rejected), one
            `generation`, or a `text` with a label.
        candidates: Columns with what is judged: one list, two texts, or one text.
        context: Columns shown above the candidates, such as the instruction.
        ratings: Column with the judge's rating of each candidate.
        models: Column with the model of each candidate, or one column per candidate.
        label: Column with the judge's label.
        rationales: Column with the judge's reasons.
        facts: Columns with numbers or short texts, to filter by.
    """

    task: Task
    candidates: tuple[str, ...]
    context: tuple[str, ...]
    ratings: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    label: str = ""
    rationales: str = ""
    facts: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns a person sees: a row with other values in them is another row."""
        return (*self.context, *self.candidates)

    def texts_of(self, row: dict[str, Any]) -> list[Any]:
        """Returns the candidates of a row in their original order: texts or conversations."""
        if self.task == "generations":
            return list(row.get(self.candidates[0]) or [])
        return [row.get(name) for name in self.candidates]

    def judged(self, row: dict[str, Any]) -> dict[str, Any]:
        """Returns what is hidden until the answer: the judge's values and the models."""
        found: dict[str, Any] = {}
        for what in ("ratings", "models"):
            names = getattr(self, what)
            if len(names) == 1:
                found[what] = row.get(names[0])
            elif names:
                found[what] = [row.get(name) for name in names]
        if self.label:
            found["label"] = row.get(self.label)
        if self.rationales:
            found["rationales"] = row.get(self.rationales)
        return {name: value for name, value in found.items() if value is not None}


def guess_roles(schema: pa.Schema, sample: list[dict[str, Any]]) -> ColumnRoles:
    """Guesses the roles of columns.

    Args:
        schema: Columns and their types.
        sample: The first rows, which tell short texts from long ones.
    """
    names = set(schema.names)
    texts = [f.name for f in schema if _is_text(f.type) and not _is_hidden(f.name)]
    facts = tuple(f.name for f in schema if _is_fact(f, sample))
    task: Task = "text"
    candidates: tuple[str, ...] = ()
    if "generations" in texts and _is_list(schema.field("generations").type):
        task, candidates = "generations", ("generations",)
    elif {"chosen", "rejected"} <= set(texts):
        task, candidates = "pair", ("chosen", "rejected")
    elif "generation" in texts:
        task, candidates = "generation", ("generation",)
    label = next((n for n in _LABEL_NAMES if n in names and _is_label(schema.field(n).type)), "")
    context = tuple(n for n in texts if n not in candidates and n != label)
    if not candidates:
        # The last text is what is labeled: prompts come before answers.
        task = "generation" if not label and context else "text"
        candidates, context = context[-1:], context[:-1]
    pair = task == "pair"
    return ColumnRoles(
        task,
        candidates,
        context,
        _present(names, ("chosen_rating", "rejected_rating") if pair else ("ratings",), pair)
        or (
            ()
            if pair
            else _present(names, ("rating",), False) or _present(names, ("score",), False)
        ),
        _present(names, ("chosen_model", "rejected_model"), True)
        if pair
        else _present(names, ("generation_models",), False)
        or _present(names, ("model_name",), False),
        label,
        next((n for n in ("rationales", "rationale", "feedback", "critique") if n in names), ""),
        facts,
    )


def _present(names: set[str], wanted: tuple[str, ...], all_of: bool) -> tuple[str, ...]:
    found = tuple(name for name in wanted if name in names)
    return () if all_of and len(found) != len(wanted) else found


def _is_hidden(name: str) -> bool:
    return (
        name in _HIDDEN_NAMES
        or name in _JUDGE_NAMES
        or name.startswith(_HIDDEN_STARTS)
        or name.endswith(_HIDDEN_ENDS)
    )


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return True
    if _is_list(kind):
        return _is_text(kind.value_type)
    if pa.types.is_struct(kind):
        fields = {kind.field(i).name for i in range(kind.num_fields)}
        return {"role", "content"} <= fields or {"bytes", "path"} <= fields
    return False


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _is_label(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind)) or (
        _is_list(kind) and _is_label(kind.value_type)
    )


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    )


def _is_fact(field: pa.Field, sample: list[dict[str, Any]]) -> bool:
    """Whether a column can be filtered by: numbers, and texts that are short in the first rows."""
    kind = field.type
    if field.name.startswith(("human_", "__")) or field.name in _NO_FACTS:
        return False
    if _is_number(kind):
        return True
    if _is_list(kind) and _is_number(kind.value_type):
        return all(len(row[field.name] or ()) <= 30 for row in sample)
    if not _is_label(kind):
        return False
    values = [row[field.name] for row in sample if row[field.name] is not None]
    words = [
        text
        for value in values
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str)
    ]
    longest = max(map(len, words), default=0)
    return 0 < longest <= 60 and len(words) <= 12 * max(1, len(values))
