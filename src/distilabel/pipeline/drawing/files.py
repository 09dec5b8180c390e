"""Writes the drawing of a pipeline to a file, in the format of its suffix."""

from __future__ import annotations

from pathlib import Path

from distilabel.errors import DistilabelUserError
from distilabel.pipeline.drawing.mermaid import render_mermaid
from distilabel.pipeline.drawing.picture import Drawable, make_picture
from distilabel.pipeline.drawing.png import render_png
from distilabel.pipeline.drawing.svg import render_svg


def draw(pipeline: Drawable, path: str, top_to_bottom: bool, show_edge_labels: bool) -> None:
    """Draws a pipeline to a file.

    Args:
        pipeline: Pipeline to draw.
        path: Path with the suffix `.png`, `.svg`, `.mmd` or `.mermaid` (Mermaid), or `.md`
            (Mermaid in a code block).
        top_to_bottom: Whether the drawing reads downwards; if not, to the right.
        show_edge_labels: Whether to write the columns on the arrows.

    Raises:
        DistilabelUserError: The suffix is unknown, or the pipeline has no steps.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in (".png", ".svg", ".mmd", ".mermaid", ".md"):
        raise DistilabelUserError(
            f"Cannot draw to {path!r}: unknown file type. Expected .png, .svg, .mmd or .md."
        )
    if not len(pipeline.dag):
        raise DistilabelUserError("Cannot draw the pipeline: it has no steps.")
    picture = make_picture(pipeline, show_edge_labels)
    target.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".png":
        target.write_bytes(render_png(picture, top_to_bottom))
        return
    if suffix == ".svg":
        text = render_svg(picture, top_to_bottom)
    else:
        text = render_mermaid(picture, top_to_bottom)
        text = f"```mermaid\n{text}```\n" if suffix == ".md" else text
    target.write_text(text, encoding="utf-8")
