"""Renders pictures as Mermaid text, for Markdown pages that draw it themselves."""

from __future__ import annotations

from distilabel.pipeline.drawing.picture import Picture


def render_mermaid(picture: Picture, top_to_bottom: bool) -> str:
    """Renders a picture as a Mermaid flowchart.

    Args:
        picture: Picture to render.
        top_to_bottom: Whether it reads downwards; if not, to the right.

    Returns:
        The text, without a code block around it.
    """
    lines = [f"flowchart {'TD' if top_to_bottom else 'LR'}"]
    for number, box in enumerate(picture.boxes):
        text = f'"{_escaped(box.title)}<br/><small>{_escaped(box.subtitle)}</small>"'
        # Numbered, since a step may be named `end`, which is a keyword of Mermaid.
        lines.append(f"    n{number}" + (f"([{text}])" if box.kind == "result" else f"[{text}]"))
    for arrow in picture.arrows:
        label = "<br/>".join(map(_escaped, arrow.labels))
        line = "-.->" if arrow.routed else "-->"
        text = f'|"{label}"|' if label else ""
        lines.append(f"    n{arrow.start} {line}{text} n{arrow.end}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return (
        text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    )
