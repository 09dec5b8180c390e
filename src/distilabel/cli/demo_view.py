"""The output of `distilabel demo`: one row of the dataset, its location, and the next steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.table import Table

    from distilabel.distiset import Distiset

_MAX_CHARACTERS: Final = 240
_MAX_WIDTH: Final = 100


def show(distiset: Distiset, out: Path) -> None:
    """Prints the result of the demo.

    Args:
        distiset: Result of the run.
        out: Directory it was saved to.
    """
    from rich.console import Console
    from rich.text import Text

    rows: Any = distiset["default"]["train"]
    console = Console(highlight=False)
    width = min(console.width, _MAX_WIDTH)
    console.print(_row_table(_clearest_row(rows), width))
    console.print()
    # As plain text on one line, so that the path can be copied.
    console.print(
        Text(f"Saved {len(rows)} pairs of a chosen and a rejected answer to {out}/"), soft_wrap=True
    )
    again = "distilabel demo" + ("" if str(out) == "distilabel-demo" else f" --out {out}")
    for line in (
        f'  load:       Distiset.load_from_disk("{out}")',
        f"  run again:  {again} (reuses all answers)",
        "  your own:   distilabel new my-project",
    ):
        console.print(Text(line), soft_wrap=True)


def _clearest_row(rows: Any) -> dict[str, Any]:
    """Returns the row whose two ratings differ most."""

    def difference(row: dict[str, Any]) -> int:
        ratings = [rating for rating in row["ratings"] if rating is not None]
        return max(ratings) - min(ratings) if len(ratings) == 2 else -1

    return max(rows, key=difference)


def _shortened(text: str | None) -> str:
    flat = " ".join((text or "").split())
    if len(flat) <= _MAX_CHARACTERS:
        return flat
    return flat[:_MAX_CHARACTERS].rpartition(" ")[0] + " ..."


def _row_table(row: dict[str, Any], width: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title="Example row",
        title_justify="left",
        width=width,
        show_header=False,
        show_lines=True,
    )
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    table.add_row(Text("prompt", "bold"), Text(row["prompt"]))
    for model, text, rating, why in zip(
        row["generation_models"],
        row["generations"],
        row["ratings"],
        row["rationales"],
        strict=True,
    ):
        is_chosen = model == row["chosen_model"]
        label = Text(f"{model.partition('/')[2]}\n", "bold")
        label.append(f"{'*' * (rating or 0)} {rating} of 5\n")
        label.append("chosen" if is_chosen else "rejected", "green" if is_chosen else "red")
        answer = Text(_shortened(text))
        answer.append(f"\n\nThe judge: {_shortened(why)}", "italic")
        table.add_row(label, answer)
    return table
