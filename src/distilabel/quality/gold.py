"""Labels that people gave, to measure a judge with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from distilabel.errors import DistilabelUserError
from distilabel.quality.verdict_forms import TIE, pair_verdict

Kind = Literal["pair", "rating", "pass"]
Split = Literal["fit", "test"]

_KINDS: Final = ("pair", "rating", "pass")
_SPLITS: Final = ("fit", "test")
# Two of three instructions are for the test: the verdict on a judge needs most of the labels.
_FIT_OF_256: Final = 85

# Names of models, as they stand in columns: `gpt-4o`, `meta-llama/Llama-3.1-8B`, `claude-3-opus`.
_MODEL: Final = re.compile(
    r"^(?:model|llm|judge)[:/]|/|"
    r"\b(?:gpt|chatgpt|claude|gemini|gemma|llama|mistral|mixtral|qwen|deepseek|phi|command|grok)"
    r"[-_ .]?(?:\d|[a-z]*-?\d|turbo|instruct|chat|large|small|r\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class GoldLabel:
    """One label that one person gave to one item.

    Attributes:
        id: The item; the labels of several people have the same.
        kind: `pair` (which of two answers is better), `rating` (a number for an answer), or `pass`
            (whether an answer is acceptable).
        instruction: The instruction that was answered.
        generations: The answers: two for a pair, else one.
        label: 0, 1 or `"tie"` for a pair, a number for a rating, a bool for a pass.
        annotator: The person.
        reason: Why, in their words.
        slice: The part of the data that the item belongs to, such as its topic.
        models: The model that wrote each answer; empty if unknown.
        split: `fit` for choosing thresholds and weights, `test` for measuring.
    """

    id: str
    kind: Kind
    instruction: str
    generations: tuple[str, ...]
    label: Any
    annotator: str
    reason: str | None = None
    slice: str | None = None
    models: tuple[str, ...] = ()
    split: Split = "test"


@dataclass(frozen=True, slots=True)
class GoldItem:
    """An item with the labels of all people.

    Attributes:
        first: The first label, for what all labels of an item share.
        labels: Person → label.
        label: The label of most people for pairs and passes (`"tie"`, or no item, where they are
            split), the mean for ratings.
    """

    first: GoldLabel
    labels: Mapping[str, Any]
    label: Any


@dataclass(frozen=True)
class Gold:
    """Labels of people, checked.

    Attributes:
        labels: The labels, in order.
        source: Where they come from, for reports.
    """

    labels: tuple[GoldLabel, ...]
    source: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of all items."""
        return self.labels[0].kind

    @property
    def digest(self) -> str:
        """Digest of all labels; their order does not matter."""
        # Imported here to keep the import of the package fast.
        from distilabel._core.hashing import digest

        return digest(sorted(digest(asdict(label)).hex() for label in self.labels)).hex()

    def items(self, split: Split | None = None) -> list[GoldItem]:
        """The items of a split, or all of them, each once; without those that people disagree on.

        Args:
            split: `"fit"`, `"test"` or None for both.
        """
        grouped: dict[str, list[GoldLabel]] = {}
        for label in self.labels:
            if split in (None, label.split):
                grouped.setdefault(label.id, []).append(label)
        items = []
        for labels in grouped.values():
            given = {label.annotator: label.label for label in labels}
            together = _consensus(labels[0].kind, list(given.values()))
            if together is not None:
                items.append(GoldItem(labels[0], given, together))
        return items


def split_of(instruction: str) -> Split:
    """The split of an instruction by its digest: the same one in every file, for all its items.

    Args:
        instruction: The instruction.

    Returns:
        `fit` for one of three instructions, `test` for two.
    """
    import hashlib

    first = hashlib.blake2b(instruction.strip().encode("utf-8", "replace")).digest()[0]
    return "fit" if first < _FIT_OF_256 else "test"


def gold_of(records: Iterable[Mapping[str, Any]], source: str = "") -> Gold:
    """Checks records of labels.

    Args:
        records: Dicts with the fields of `GoldLabel`; `split` is that of the instruction's digest
            if none of the records has one.
        source: Where they come from, for messages.

    Raises:
        DistilabelUserError: If there are no records, a field is missing or wrong, a model gave a
            label, kinds are mixed, a person labeled an item twice with different labels, or an
            instruction is in both splits.
    """
    labels = [_label(record, row, source) for row, record in enumerate(records)]
    where = source or "gold"
    if not labels:
        raise DistilabelUserError(f"{where}: there are no labels. Add at least one.")
    kinds = sorted({label.kind for label in labels})
    if len(kinds) > 1:
        raise DistilabelUserError(
            f"{where}: its items are of the kinds {' and '.join(kinds)}. Put each into a file of"
            " its own: a judge is measured on one."
        )
    seen: dict[tuple[str, str], Any] = {}
    splits: dict[str, str] = {}
    for row, label in enumerate(labels):
        if seen.setdefault((label.id, label.annotator), label.label) != label.label:
            raise DistilabelUserError(
                f"{where}: row {row}: {label.annotator!r} labeled {label.id!r} twice, with"
                " different labels. Keep one of them."
            )
        if splits.setdefault(label.instruction, label.split) != label.split:
            raise DistilabelUserError(
                f"{where}: row {row}: its instruction is in both splits, so that the test would"
                " not be new to what was fitted. Give all its items the same `split`, or none."
            )
    return Gold(tuple(labels), source)


def _label(record: Mapping[str, Any], row: int, source: str) -> GoldLabel:
    where = f"{source or 'gold'}: row {row}"

    def wrong(field: str, text: str) -> DistilabelUserError:
        return DistilabelUserError(f"{where}: `{field}` {text}.")

    for field in ("instruction", "generations", "label", "annotator"):
        if record.get(field) is None:
            raise wrong(field, "is missing")
    annotator = str(record["annotator"]).strip()
    if not annotator or is_model_name(annotator):
        raise wrong(
            "annotator",
            f"is {annotator!r}, a model. A judge is measured against people only; leave these"
            " labels out"
            if annotator
            else "is empty. Name the person",
        )
    instruction = record["instruction"]
    if not isinstance(instruction, str):
        raise wrong("instruction", f"is {type(instruction).__name__}, not a text")
    texts = record["generations"]
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise wrong("generations", "must be a list of texts")
    if not all(isinstance(text, str) for text in texts):
        raise wrong("generations", "must contain texts only")
    kind = record.get("kind") or _guessed_kind(record["label"], len(texts))
    if kind not in _KINDS:
        raise wrong("kind", f'must be "pair", "rating" or "pass", not {kind!r}')
    expected = 2 if kind == "pair" else 1
    if len(texts) != expected:
        raise wrong("generations", f"has {len(texts)} texts; kind {kind!r} needs {expected}")
    split = record.get("split") or split_of(instruction)
    if split not in _SPLITS:
        raise wrong("split", f'must be "fit" or "test", not {split!r}')
    try:
        label = _checked(kind, record["label"])
    except ValueError as error:
        raise wrong("label", f"does not fit the kind {kind!r}: {error}") from None
    return GoldLabel(
        id=str(record.get("id", row)),
        kind=kind,
        instruction=instruction,
        generations=tuple(texts),
        label=label,
        annotator=annotator,
        reason=_text(record.get("reason")),
        slice=_text(record.get("slice")),
        models=tuple(map(str, record.get("models") or ())),
        split=split,
    )


def is_model_name(annotator: str) -> bool:
    """Whether the name of an annotator is that of a model, such as `gpt-4o` or `org/model`."""
    return _MODEL.search(annotator) is not None


def _guessed_kind(label: Any, texts: int) -> Kind:
    if texts == 2:
        return "pair"
    return "pass" if isinstance(label, bool) else "rating"


def _checked(kind: Kind, label: Any) -> Any:
    if kind == "pair":
        verdict = pair_verdict(label)
        if verdict is None:
            raise ValueError("it is empty")
        return verdict
    if kind == "pass":
        if isinstance(label, bool) or label in (0, 1):
            return bool(label)
        raise ValueError(f"{label!r} is not true or false")
    if isinstance(label, bool) or not isinstance(label, (int, float)) or label - label != 0:
        raise ValueError(f"{label!r} is not a number")
    return float(label)


def _consensus(kind: Kind, labels: list[Any]) -> Any:
    if kind == "rating":
        return sum(labels) / len(labels)
    (first, most), *others = Counter(labels).most_common()
    if not others or others[0][1] < most:
        return first
    # People are split: for a pair, that is a tie; for a pass, nothing can be said.
    return TIE if kind == "pair" else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
