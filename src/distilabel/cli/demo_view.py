"""What `distilabel demo` prints at its end: where the dataset is, one row of it, and what next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.table import Table

    from distilabel.distiset import Distiset

_LONGEST: Final = 240
_WIDEST: Final = 100


def show(distiset: Distiset, out: Path) -> None:
    """Prints it.

    Args:
        distiset: what the demo made.
        out: where it is saved.
    """
    from rich.console import Console
    from rich.text import Text

    rows: Any = distiset["default"]["train"]
    console = Console(highlight=False)
    width = min(console.width, _WIDEST)
    console.print(_row_of(_telling(rows), width))
    console.print()
    # As plain text and in one line: a path is there to be copied.
    console.print(
        Text(f"{len(rows)} pairs of a chosen and a rejected answer are in {out}/"), soft_wrap=True
    )
    again = "distilabel demo" + ("" if str(out) == "distilabel-demo" else f" --out {out}")
    for line in (
        f'  load it:   Distiset.load_from_disk("{out}")',
        f"  again:     {again} (answers are reused, none is asked for)",
        "  your own:  start from distilabel/cli/demo.py, with OpenAILLM for SimulatedLLM",
    ):
        console.print(Text(line), soft_wrap=True)


def _telling(rows: Any) -> dict[str, Any]:
    """A row whose two answers are rated far apart, if there is one."""

    def apart(row: dict[str, Any]) -> int:
        ratings = [rating for rating in row["ratings"] if rating is not None]
        return max(ratings) - min(ratings) if len(ratings) == 2 else -1

    return max(rows, key=apart)


def _shortened(text: str | None) -> str:
    flat = " ".join((text or "").split())
    if len(flat) <= _LONGEST:
        return flat
    return flat[:_LONGEST].rpartition(" ")[0] + " ..."


def _row_of(row: dict[str, Any], width: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title="one of the rows",
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
        said = Text(_shortened(text))
        said.append(f"\n\nThe judge: {_shortened(why)}", "italic")
        table.add_row(label, said)
    return table
