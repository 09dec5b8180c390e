"""A pipeline is drawn without any network, in every format, and shows what is in it."""

import socket
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import GroupColumns, KeepColumns, LoadDataFromDicts, LoadDataFromHub
from distilabel.steps.tasks import TextGeneration


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError("drawing asks nobody")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def pipeline() -> Pipeline:
    with Pipeline("drawn") as pipeline:
        load = LoadDataFromDicts(name="load", data=[{"prompt": "a", "source": "b"}])
        # Mermaid has a word for itself that a step may be called.
        ends = TextGeneration(
            name="end", llm=SimulatedLLM(), input_mappings={"instruction": "prompt"}
        )
        keep = KeepColumns(name="keep", columns=["prompt", "generation"])
        load >> ends >> keep
    return pipeline


def _texts(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")]


def test_svg_shows_steps_classes_columns_and_the_result(pipeline: Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down.svg"
    assert pipeline.draw(str(path)) == str(path)
    texts = _texts(path.read_text())
    assert {"load", "LoadDataFromDicts", "end", "TextGeneration", "Distiset"} <= set(texts)
    assert "prompt:instruction" in texts
    assert "+ 1 passed on" in texts
    # What a step leaves out does not reach the end.
    assert "source" not in texts


def test_labels_can_be_left_out(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.draw(tmp_path / "bare.svg", show_edge_labels=False)
    assert "prompt:instruction" not in _texts((tmp_path / "bare.svg").read_text())


def test_png_is_a_picture_with_boxes_in_their_colours(pipeline: Pipeline, tmp_path: Path) -> None:
    from PIL import Image

    pipeline.draw(tmp_path / "p.png", top_to_bottom=True)
    with Image.open(tmp_path / "p.png") as image:
        assert image.height > image.width > 100
        colors = {color for _, color in image.convert("RGB").getcolors(1 << 20) or []}
    assert {(0xE3, 0xF0, 0xFB), (0xEF, 0xE7, 0xFB), (0xE2, 0xF5, 0xE6)} <= colors


def test_mermaid_text_for_pages(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.draw(tmp_path / "p.md", top_to_bottom=True)
    text = (tmp_path / "p.md").read_text()
    assert text.startswith("```mermaid\nflowchart TD\n")
    assert 'n1["end<br/><small>TextGeneration</small>"]' in text
    assert "\n    end" not in text
    assert '-->|"prompt:instruction<br/>+ 1 passed on"|' in text


def test_routed_rows_and_a_dataset_nobody_has_asked_for(tmp_path: Path) -> None:
    with Pipeline("routed") as pipeline:
        load = LoadDataFromHub(name="load", repo_id="no/where", batch_size=50)
        tasks = [TextGeneration(name=f"t{i}", llm=SimulatedLLM()) for i in range(2)]
        load >> sample_n_steps(1) >> tasks >> GroupColumns(columns=["generation"])
    pipeline.draw(tmp_path / "r.mmd")
    text = (tmp_path / "r.mmd").read_text()
    assert text.startswith("flowchart LR\n")
    assert text.count("-.->") == 2


def test_another_suffix_or_no_steps_is_said(pipeline: Pipeline, tmp_path: Path) -> None:
    with pytest.raises(DistilabelUserError, match=r"\.png, \.svg"):
        pipeline.draw(tmp_path / "p.gif")
    with pytest.raises(DistilabelUserError, match="no steps"):
        Pipeline("empty").draw(tmp_path / "p.svg")


def test_a_notebook_shows_the_picture(pipeline: Pipeline) -> None:
    svg = pipeline._repr_svg_()
    assert svg is not None
    assert "Distiset" in _texts(svg)
    assert Pipeline("empty")._repr_svg_() is None
