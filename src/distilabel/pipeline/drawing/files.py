"""Writes the picture of a pipeline to a file, in the format that its name asks for."""

from __future__ import annotations

from pathlib import Path

from distilabel.errors import DistilabelUserError
from distilabel.pipeline.drawing.mermaid import text_of
from distilabel.pipeline.drawing.picture import Drawable, picture_of
from distilabel.pipeline.drawing.png import png_of
from distilabel.pipeline.drawing.svg import svg_of


def draw(pipeline: Drawable, path: str, top_to_bottom: bool, show_edge_labels: bool) -> None:
    """Draws a pipeline.

    Args:
        pipeline: what to draw.
        path: ends in `.png`, `.svg`, or `.mmd`, `.mermaid` (Mermaid) or `.md` (Mermaid in a fence).
        top_to_bottom: whether it reads downwards; to the right otherwise.
        show_edge_labels: whether the columns stand on the arrows.

    Raises:
        DistilabelUserError: another suffix, or there is nothing to draw.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in (".png", ".svg", ".mmd", ".mermaid", ".md"):
        raise DistilabelUserError(
            f"A pipeline cannot be drawn as {path!r}: let it end in .png, .svg, .mmd or .md."
        )
    if not len(pipeline.dag):
        raise DistilabelUserError("There is nothing to draw: the pipeline has no steps.")
    picture = picture_of(pipeline, show_edge_labels)
    target.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".png":
        target.write_bytes(png_of(picture, top_to_bottom))
        return
    if suffix == ".svg":
        text = svg_of(picture, top_to_bottom)
    else:
        text = text_of(picture, top_to_bottom)
        text = f"```mermaid\n{text}```\n" if suffix == ".md" else text
    target.write_text(text, encoding="utf-8")
