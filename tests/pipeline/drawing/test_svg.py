"""Protects SVG drawings: valid XML with every step, column and arrow, and for notebooks too."""

from __future__ import annotations

from xml.etree import ElementTree

from distilabel.pipeline import Pipeline
from distilabel.pipeline.drawing.picture import Arrow, Box, Picture, make_picture
from distilabel.pipeline.drawing.svg import render_svg


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")]


def test_it_shows_steps_classes_columns_and_the_result(pipeline: Pipeline) -> None:
    found = texts(render_svg(make_picture(pipeline, True), top_to_bottom=False))
    assert {"load", "LoadDataFromDicts", "end", "TextGeneration", "Distiset"} <= set(found)
    assert "prompt:instruction" in found
    assert "+ 1 passed on" in found
    # A column that a step drops does not reach the end.
    assert "source" not in found


def test_labels_can_be_left_out(pipeline: Pipeline) -> None:
    svg = render_svg(make_picture(pipeline, False), top_to_bottom=False)
    assert "prompt:instruction" not in texts(svg)


def test_names_are_escaped_and_routed_arrows_dashed() -> None:
    boxes = [Box("<a> & 'b'", 'Step"', "step"), Box("c", "C", "task")]
    picture = Picture(boxes, [Arrow(0, 1, ("x<y",), routed=True)])
    svg = render_svg(picture, top_to_bottom=True)
    assert {"<a> & 'b'", 'Step"', "x<y"} <= set(texts(svg))
    assert svg.count("stroke-dasharray") == 1


def test_a_notebook_shows_the_drawing(pipeline: Pipeline) -> None:
    svg = pipeline._repr_svg_()
    assert svg is not None
    assert "Distiset" in texts(svg)
    assert Pipeline("empty")._repr_svg_() is None
