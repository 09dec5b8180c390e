"""Protects pushing to the Hub: all parts arrive, and the key is in none of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from datasets import Dataset
from huggingface_hub import DatasetCardData

from distilabel._distiset.hub import license_of, name_of_script, running_script
from distilabel.distiset import Distiset
from hub import TOKEN, Hub


def test_everything_arrives_at_the_hub(
    hub: Hub, run_rows: list[dict[str, Any]], data_dir: Path, tmp_path: Path
) -> None:
    code = f"""
import pathlib
from datasets import Dataset, load_dataset
from distilabel.distiset import create_distiset
distiset = create_distiset(pathlib.Path({str(data_dir)!r}))
distiset["more"] = Dataset.from_list([{{"text": "the key is {TOKEN}"}}])
distiset.citations = ["@article{{{{a}}}}"]
distiset.push_to_hub(
    "tester/made", private=True, commit_message="all of it", include_script=True
)
result = [
    load_dataset("tester/made", split="train").to_list(),
    load_dataset("tester/made", "more", split="train").num_rows,
]
"""
    default, more = hub.run(code, tmp_path)
    assert default == run_rows
    assert more == 1
    repo = hub.repos["tester/made"]
    assert repo.private
    assert repo.titles[1:] == ["all of it"]
    assert list(repo.branches) == ["main"]
    assert repo.files["pipeline.yaml"] == b"name: p\n"
    assert repo.files["pipeline.log"] == b"went well\n"
    assert repo.files["artifacts/index/faiss/index.bin"] == b"\0"
    assert b"push_to_hub" in repo.files["client.py"]

    card = repo.files["README.md"].decode()
    assert "config_name: more" in card
    assert DatasetCardData(**yaml.safe_load(card.split("---")[1])).size_categories == "n<1K"
    assert "- distilabel" in card
    assert f"{hub.url}/datasets/tester/made/raw/main/client.py" in card
    assert "the key is ***" in card
    assert TOKEN not in card


def test_without_card_and_script_only_the_data_are_pushed(
    hub: Hub, data_dir: Path, tmp_path: Path
) -> None:
    code = f"""
import pathlib
from distilabel.distiset import create_distiset
distiset = create_distiset(pathlib.Path({str(data_dir)!r}))
distiset.artifacts_path = ""
distiset.push_to_hub("made", token="{TOKEN}", generate_card=False)
result = None
"""
    hub.run(code, tmp_path, token=None)
    repo = hub.repos["tester/made"]
    assert not repo.private
    assert set(repo.files) == {"README.md", "data/train-00000-of-00001.parquet"}
    assert b"distilabel" not in repo.files["README.md"].replace(b"distilabel_metadata", b"")


def test_a_push_that_breaks_changes_nothing_and_can_be_repeated(
    hub: Hub, data_dir: Path, tmp_path: Path
) -> None:
    code = f"""
import pathlib
from datasets import Dataset
from distilabel.distiset import create_distiset
distiset = create_distiset(pathlib.Path({str(data_dir)!r}))
distiset["more"] = Dataset.from_list([{{"text": "a"}}])
result = []
for name in ("second", "last", "all", "last"):
    try:
        distiset.push_to_hub(f"tester/{{name}}")
    except OSError as error:
        result.append(str(error))
"""
    # The second configuration, the commit of everything, the server itself.
    left = {"second/commit": 2, "last/commit/main": 1}

    def fails(path: str) -> bool:
        for part in left:
            if part in path:
                left[part] -= 1
                return left[part] == 0
        return "tester/all" in path

    hub.fails = fails
    messages = hub.run(code, tmp_path)
    for name, message in zip(("second", "last", "all"), messages, strict=True):
        assert message.startswith(f"The push to 'tester/{name}' failed, and the dataset has not")
        assert "Internal" in message
        assert "Push again" in message
    assert not hub.repos["tester/second"].files
    assert list(hub.repos["tester/second"].branches) == ["main"]
    repo = hub.repos["tester/last"]
    assert {"README.md", "pipeline.yaml", "artifacts/index/faiss/index.bin"} < set(repo.files)
    assert repo.titles == ["initial commit", "Upload dataset"]


def test_a_push_replaces_what_it_pushed_before_and_keeps_what_others_did(
    hub: Hub, tmp_path: Path
) -> None:
    code = """
from datasets import Dataset, load_dataset
from huggingface_hub import DatasetCard
from distilabel.distiset import Distiset
def push(count, *names, **options):
    rows = Dataset.from_list([{"n": i} for i in range(count)])
    distiset = Distiset({name: rows for name in names})
    distiset.push_to_hub("made", **options)
push(9, "default", "kept", num_shards=3)
card = DatasetCard.load("tester/made")
card.data.license, card.data.tags = "mit", ["mine", "synthetic"]
card.push_to_hub("tester/made")
push(2, "default")
push(5, "default", revision="next")
result = [
    load_dataset("tester/made", name, split="train", revision=revision).num_rows
    for name, revision in [("default", "main"), ("kept", "main"), ("default", "next")]
]
"""
    assert hub.run(code, tmp_path) == [2, 9, 5]
    repo = hub.repos["tester/made"]
    assert sorted(f for f in repo.files if "data/" in f) == ["data/train-00000-of-00001.parquet"]
    assert list(repo.branches) == ["main", "next"]
    kept = yaml.safe_load(repo.files["README.md"].decode().split("---")[1])
    assert kept["license"] == "mit"
    assert kept["tags"] == ["mine", "synthetic", "distilabel", "rlaif"]


def test_overrides_of_the_card_are_honored(hub: Hub, tmp_path: Path) -> None:
    code = """
from datasets import Dataset
from distilabel.distiset import Distiset
class Licensed(Distiset):
    def _get_card(self, *args, **options):
        card = super()._get_card(*args, **options)
        card.data.license = "mit"
        card.text += "by us"
        return card
class Silent(Licensed):
    def _generate_card(self, repo_id, token, include_script=False, filename_py=None):
        pushed.append(repo_id)
class Announced(Licensed):
    def _generate_card(self, *args, **options):
        super()._generate_card(*args, **options)
        pushed.append("announced")
pushed = []
for kind in (Licensed, Silent, Announced):
    kind({"default": Dataset.from_list([{"a": 1}])}).push_to_hub(kind.__name__)
result = pushed
"""
    assert hub.run(code, tmp_path) == ["tester/Silent", "announced"]
    cards = {name: repo.files["README.md"].decode() for name, repo in hub.repos.items()}
    for name in ("tester/Licensed", "tester/Announced"):
        assert "license: mit" in cards[name]
        assert "config_name: default" in cards[name]
        assert cards[name].endswith("by us")
    assert "mit" not in cards["tester/Silent"]


def test_a_missing_token_and_missing_data_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(ValueError, match=r"'me/d'.*HF_TOKEN"):
        Distiset({"default": Dataset.from_list([{"a": 1}])}).push_to_hub("me/d")
    with pytest.raises(ValueError, match="nothing to push"):
        Distiset().push_to_hub("me/d", token="hf_unused")


@pytest.mark.parametrize(
    ("program", "is_script"),
    [("made.py", True), ("made", False), ("missing.py", False), ("ipykernel_launcher.py", False)],
)
def test_only_a_python_file_is_a_script(
    program: str, is_script: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("made.py", "made", "ipykernel_launcher.py"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [program])
    assert running_script() == (tmp_path / program if is_script else None)
    assert name_of_script("me/d") == (program if is_script else None)


def test_a_script_with_the_name_of_the_dataset_gets_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the dataset could not be loaded: `datasets` takes the file for its own script."""
    (tmp_path / "made.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["made.py"])
    assert name_of_script("me/made") == name_of_script("made") == "make_made.py"


@pytest.mark.parametrize(
    ("card", "found"),
    [
        ({"license": "mit"}, "mit"),
        ({"license": "other", "license_name": "gemma"}, "gemma"),
        ({}, None),
        (None, None),
        (OSError("the Hub does not answer"), None),
    ],
)
def test_the_license_of_a_model_is_that_of_its_card(
    card: Any, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def model_info(api: Any, model: str, **options: Any) -> Any:
        if isinstance(card, OSError):
            raise card
        return SimpleNamespace(card_data=card)

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", model_info)
    assert license_of("me/model") == found
