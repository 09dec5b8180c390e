"""`TextGenerationToArgilla`."""

from __future__ import annotations

import hashlib

from distilabel.steps import TextGenerationToArgilla
from fake_argilla import FakeArgilla


def test_one_record_per_distinct_generation_and_a_repetition_adds_none(
    server: FakeArgilla,
) -> None:
    step = TextGenerationToArgilla(
        name="show", dataset_name="d", input_mappings={"instruction": "prompt"}
    )
    step.load()
    rows = [{"instruction": "i", "generation": ["a", "b", "a", None]}]
    assert next(step.process(rows)) == rows
    next(step.process(rows))
    made = server.datasets["d"]
    assert [field.name for field in made.settings.fields] == ["id", "prompt", "generation"]
    assert made.settings.questions[0].labels == {"bad": "👎", "good": "👍"}
    digest = hashlib.sha256(b"i").hexdigest()
    assert [record.fields for record in made.kept.values()] == [
        {"id": digest, "prompt": "i", "generation": text} for text in "ab"
    ]


def test_a_changed_text_is_another_record(server: FakeArgilla) -> None:
    step = TextGenerationToArgilla(name="show", dataset_name="d")
    step.load()
    for text in ("a", "b"):
        next(step.process([{"instruction": "i", "generation": text}]))
    assert len(server.datasets["d"].kept) == 2
