"""What the steps that write to Argilla share."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, PreferenceToArgilla, TextGenerationToArgilla
from fake_argilla import KEY, FakeArgilla, FakeDataset, Property, Settings


def test_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argilla", None)
    with pytest.raises(ImportError, match="TextGenerationToArgilla"):
        TextGenerationToArgilla(dataset_name="d")


@pytest.mark.parametrize("field", ["api_url", "api_key", "dataset_name"])
def test_missing_argument_is_named(
    server: FakeArgilla, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    step = TextGenerationToArgilla(name="show", **{"dataset_name": "d", field: None})
    monkeypatch.delenv(f"ARGILLA_{field.upper()}", raising=False)
    with pytest.raises(DistilabelUserError, match=field):
        step.load()


def test_key_is_in_no_dump_and_no_message(server: FakeArgilla) -> None:
    step = TextGenerationToArgilla(name="show", dataset_name="d")
    assert KEY not in json.dumps(step.dump()) + repr(step)
    server.refusal = "unauthorized for key"
    with pytest.raises(DistilabelUserError, match="unauthorized") as raised:
        step.load()
    assert KEY not in str(raised.value)


def test_dataset_with_another_required_field_is_refused(server: FakeArgilla) -> None:
    settings = Settings(fields=[Property("document")], questions=[])
    FakeDataset(server, "d", settings).create()
    with pytest.raises(DistilabelUserError, match="document"):
        TextGenerationToArgilla(name="show", dataset_name="d").load()


def test_unknown_workspace_is_named_with_those_there_are(server: FakeArgilla) -> None:
    step = TextGenerationToArgilla(name="show", dataset_name="d", dataset_workspace="gone")
    with pytest.raises(DistilabelUserError, match=r"no workspace 'gone' .*'argilla', 'empty'"):
        step.load()


def test_options_are_off_unless_set(server: FakeArgilla) -> None:
    row = {
        "instruction": "i",
        "generation": "g",
        "conversation": [{"role": "user", "content": "i", "name": "x"}],
        "embedding": [1, 0],
    }
    plain = TextGenerationToArgilla(name="plain", dataset_name="plain")
    assert "guidelines" not in plain.dump()
    assert plain.inputs == ["instruction", "generation"]
    full = TextGenerationToArgilla(
        name="full",
        dataset_name="full",
        guidelines="Be kind.",
        min_submitted=2,
        with_conversation=True,
        with_vectors=True,
    )
    assert full.inputs["conversation"] is False  # type: ignore[call-overload]
    for step in (plain, full):
        step.load()
        next(step.process([row]))
    settings = server.datasets["plain"].settings
    assert (settings.guidelines, settings.vectors, len(settings.fields)) == (None, [], 3)
    assert not hasattr(settings, "distribution")
    settings = server.datasets["full"].settings
    assert settings.guidelines == "Be kind."
    assert settings.distribution.min_submitted == 2
    assert [(vector.name, vector.dimensions) for vector in settings.vectors] == [("embedding", 2)]
    (record,) = server.datasets["full"].kept.values()
    assert record.fields["conversation"] == [{"role": "user", "content": "i"}]
    assert record.vectors == {"embedding": [1.0, 0.0]}
    assert record.id not in server.datasets["plain"].kept


class Variant(PreferenceToArgilla):
    """A subclass is a step of the user's, whose results are cached."""


def test_a_second_run_logs_again_what_was_deleted_on_the_server(
    server: FakeArgilla, tmp_path: Any
) -> None:
    for _ in range(2):
        with Pipeline(name="show", cache_dir=tmp_path) as pipeline:
            load = LoadDataFromDicts(data=[{"instruction": "i", "generations": ["a"]}])
            load >> Variant(num_generations=1, dataset_name="d")
        pipeline.run()
        assert len(server.datasets.pop("d").kept) == 1
