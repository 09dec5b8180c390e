"""Protects the Croissant description: valid, complete, and not more certain than what is known."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from datasets import Dataset

from distilabel._distiset.provenance_files import write_provenance
from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

GIVEN = {
    "license": "https://spdx.org/licenses/MIT.html",
    "creator": {"@type": "sc:Person", "name": "me"},
    "url": "https://example.org",
    "rai:dataUseCases": "Tests.",
    "rai:dataSocialImpact": "None.",
}
# What NeurIPS requires.
REQUIRED = [
    *("rai:dataLimitations", "rai:dataBiases", "rai:personalSensitiveInformation"),
    *("rai:dataUseCases", "rai:dataSocialImpact", "rai:hasSyntheticData"),
    *("prov:wasDerivedFrom", "prov:wasGeneratedBy"),
]


@pytest.fixture
def made(tmp_path: Path) -> Distiset:
    with Pipeline("made", description="Answers.", cache_dir=tmp_path / "cache") as pipeline:
        LoadDataFromDicts(name="load", data=[{"instruction": "a", "tags": ["x"]}]) >> (
            TextGeneration(name="write", llm=SimulatedLLM(model="m"))
        )
    return pipeline.run(provenance=True)


def described(distiset: Distiset, folder: Path, given: Any = None) -> tuple[Any, list[str]]:
    properties = folder / "given.json"
    folder.mkdir(exist_ok=True)
    properties.write_bytes(orjson.dumps(given or {}))
    files, missing = write_provenance(distiset, folder, properties)
    assert files[0].name == "croissant.json"
    return orjson.loads(files[0].read_bytes()), missing


def test_the_description_says_what_made_each_column(made: Distiset, tmp_path: Path) -> None:
    found, missing = described(made, tmp_path / "out")
    assert missing == ["license", "creator", "url", "rai:dataUseCases", "rai:dataSocialImpact"]
    assert set(REQUIRED) <= set(found)
    assert "http://mlcommons.org/croissant/1.1" in found["conformsTo"]
    [file] = found["distribution"]
    data = (tmp_path / "out" / file["contentUrl"]).read_bytes()
    assert file["sha256"] == hashlib.sha256(data).hexdigest()

    [records] = found["recordSet"]
    fields = {field["name"]: field for field in records["field"]}
    assert set(fields) == {"instruction", "tags", "generation", "model_name"}
    assert "distilabel_metadata" in records["description"]
    assert fields["tags"]["isArray"]
    assert fields["generation"]["prov:wasGeneratedBy"] == {"@id": "steps/write"}
    assert fields["generation"]["prov:wasAttributedTo"] == [{"@id": "models/m"}]
    assert fields["generation"]["annotation"]["equivalentProperty"] == "prov:wasGeneratedBy"
    [_, activity] = found["prov:wasGeneratedBy"]
    assert activity["prov:wasAssociatedWith"][0]["prov:label"] == "m"


def test_what_the_publisher_gives_replaces_what_is_missing(made: Distiset, tmp_path: Path) -> None:
    found, missing = described(made, tmp_path / "out", GIVEN)
    assert missing == []
    assert found["license"] == GIVEN["license"]
    assert found["rai:dataUseCases"] == "Tests."


def test_a_distiset_of_unknown_origin_is_described_too(tmp_path: Path) -> None:
    found, _ = described(Distiset(default=Dataset.from_list([{"a": 1}])), tmp_path)
    assert set(REQUIRED) <= set(found)
    assert "prov:wasGeneratedBy" not in found["recordSet"][0]["field"][0]


def test_the_format_and_its_own_reader_agree(made: Distiset, tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    described(made, tmp_path / "out", GIVEN)
    dataset = mlcroissant.Dataset(jsonld=str(tmp_path / "out" / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    [record] = dataset.records(record_set="default-train")
    assert record["default-train/instruction"] == b"a"


@pytest.mark.parametrize(("text", "problem"), [("{", "as JSON"), ("[1]", "a JSON object")])
def test_properties_that_are_not_an_object_are_told(
    text: str, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "given.json").write_text(text)
    rows = Distiset(default=Dataset.from_list([{"a": 1}]))
    with pytest.raises(DistilabelUserError, match=problem):
        write_provenance(rows, tmp_path, tmp_path / "given.json")
