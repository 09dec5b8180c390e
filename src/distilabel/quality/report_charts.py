"""Charts of a report as SVG: grouped bars, and a line with its lower bound."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

_WIDTH: Final = 640
_LEFT: Final = 150
_ROW: Final = 16
_CLASSES: Final = ("judge", "people")


class Bar(NamedTuple):
    """A group of bars.

    Attributes:
        name: What stands beside it.
        shares: The length of each bar, in 0..1.
    """

    name: str
    shares: Sequence[float]


def bar_chart(bars: Sequence[Bar], legend: Sequence[str]) -> str:
    """Makes horizontal bars, each with its share beside it.

    Args:
        bars: The groups, from the top.
        legend: What each bar of a group stands for; at most two.

    Returns:
        An SVG in a figure.
    """
    group = _ROW * len(legend) + 12
    height = group * len(bars) + 24
    span = _WIDTH - _LEFT - 60
    parts = []
    for number, bar in enumerate(bars):
        top = number * group
        middle = top + _ROW * len(bar.shares) / 2 + 4
        parts.append(
            f'<text x="{_LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(bar.name)}</text>'
        )
        for place, share in enumerate(bar.shares):
            y = top + place * _ROW
            parts.append(
                f'<rect class="{_CLASSES[place]}" x="{_LEFT}" y="{y}" width="{share * span:.1f}"'
                f' height="{_ROW - 3}" rx="2"/><text x="{_LEFT + share * span + 6:.1f}"'
                f' y="{y + 11}">{share:.0%}</text>'
            )
    x = _LEFT
    for name, kind in zip(legend, _CLASSES, strict=False):
        y = height - 14
        parts.append(
            f'<rect class="{kind}" x="{x}" y="{y}" width="11" height="11" rx="2"/>'
            f'<text x="{x + 16}" y="{y + 10}">{escape(name)}</text>'
        )
        x += 90
    label = "; ".join(f"{b.name}: {', '.join(f'{s:.0%}' for s in b.shares)}" for b in bars)
    return _figure(height, parts, label)


def line_chart(
    points: Sequence[tuple[float, float]],
    bounds: Sequence[tuple[float, float]],
    x_name: str,
    y_name: str,
) -> str:
    """Makes a line and, dashed, its lower bound; both axes run from 0 to 1.

    Args:
        points: The line, by rising x.
        bounds: Its lower bound.
        x_name: Name of the x axis.
        y_name: Name of the y axis.

    Returns:
        An SVG in a figure.
    """
    height, left, bottom, top = 260, 60, 220, 12
    span, rise = _WIDTH - left - 20, bottom - top

    def path(line: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{left + x * span:.1f},{bottom - y * rise:.1f}" for x, y in line)

    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y, x = bottom - share * rise, left + share * span
        parts.append(
            f'<line class="axis" x1="{left}" x2="{left + span}" y1="{y}" y2="{y}"/>'
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{share:g}</text>'
            f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{share:g}</text>'
        )
    parts.append(f'<polyline class="judge-line" points="{path(points)}"/>')
    parts.append(f'<polyline class="bound" points="{path(bounds)}"/>')
    parts.append(
        f'<text x="{left + span / 2}" y="{height - 4}" text-anchor="middle">{escape(x_name)}</text>'
        f'<text x="{left + 8}" y="{top + 10}">{escape(y_name)}, dashed: lower bound</text>'
    )
    return _figure(height, parts, f"{y_name} by {x_name}")


def _figure(height: int, parts: Sequence[str], label: str) -> str:
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img"'
        f' aria-label="{escape(label)}">{"".join(parts)}</svg></figure>'
    )
