"""Protects Mermaid drawings: text that Mermaid parses, whatever steps are named."""

from __future__ import annotations

from distilabel.pipeline import Pipeline
from distilabel.pipeline.drawing.mermaid import render_mermaid
from distilabel.pipeline.drawing.picture import Arrow, Box, Picture, make_picture


def test_steps_columns_and_the_result_are_in_the_text(pipeline: Pipeline) -> None:
    text = render_mermaid(make_picture(pipeline, True), top_to_bottom=True)
    assert text.startswith("flowchart TD\n")
    assert 'n1["end<br/><small>TextGeneration</small>"]' in text
    assert 'n3(["Distiset<br/><small>rows of keep</small>"])' in text
    assert "\n    end" not in text
    assert '-->|"prompt:instruction<br/>+ 1 passed on"|' in text


def test_characters_with_a_meaning_are_escaped() -> None:
    boxes = [Box('#1 "<x>"', "A", "step"), Box("b", "B", "step")]
    text = render_mermaid(Picture(boxes, [Arrow(0, 1, routed=True)]), top_to_bottom=False)
    assert text == (
        "flowchart LR\n"
        '    n0["#35;1 #quot;#lt;x#gt;#quot;<br/><small>A</small>"]\n'
        '    n1["b<br/><small>B</small>"]\n'
        "    n0 -.-> n1\n"
    )
