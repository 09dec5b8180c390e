"""Pictures as Mermaid text, for Markdown pages that draw it themselves."""

from __future__ import annotations

from distilabel.pipeline.drawing.picture import Picture


def text_of(picture: Picture, top_to_bottom: bool) -> str:
    """The picture as a Mermaid flowchart.

    Args:
        picture: what to write.
        top_to_bottom: whether it reads downwards; to the right otherwise.

    Returns:
        The text, without a fence around it.
    """
    lines = [f"flowchart {'TD' if top_to_bottom else 'LR'}"]
    for number, box in enumerate(picture.boxes):
        text = f'"{_escaped(box.title)}<br/><small>{_escaped(box.subtitle)}</small>"'
        # Numbered, since a step may be called `end`, which Mermaid keeps for itself.
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
