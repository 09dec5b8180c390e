"""Protects pushing to the Hub: all parts arrive, and the key is in none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from distilabel._distiset.hub import running_script
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
    assert set(repo.titles[1:]) == {"all of it"}
    assert repo.files["pipeline.yaml"] == b"name: p\n"
    assert repo.files["pipeline.log"] == b"went well\n"
    assert repo.files["artifacts/index/faiss/index.bin"] == b"\0"
    assert b"push_to_hub" in repo.files["client.py"]

    card = repo.files["README.md"].decode()
    assert "config_name: more" in card
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
distiset.artifacts_path = None
distiset.push_to_hub("tester/made", token="{TOKEN}", generate_card=False)
result = None
"""
    hub.run(code, tmp_path, token=None)
    repo = hub.repos["tester/made"]
    assert not repo.private
    assert set(repo.files) == {"README.md", "data/train-00000-of-00001.parquet"}
    assert b"distilabel" not in repo.files["README.md"].replace(b"distilabel_metadata", b"")


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
