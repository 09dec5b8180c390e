"""`distilabel judge`: measures judges against people, and audits the judge of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, List, Optional

import typer

from distilabel.cli.output import say

if TYPE_CHECKING:
    from distilabel.pipeline.base import BasePipeline
    from distilabel.quality.calibration import Calibration
    from distilabel.quality.policy import Decision

app = typer.Typer(
    help="Measure judges against people. Exit status: 0 trusted, 1 not trusted, 2 wrong usage, "
    "3 too few labels.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_GOLD_HELP = (
    "Labels of people: .jsonl or .parquet, a directory of Parquet files, or OWNER/NAME on the Hub."
)


@app.command()
def calibrate(
    pipeline: Annotated[
        str, typer.Argument(help="Python script, or saved pipeline (.json, .yaml or .yml).")
    ],
    step: Annotated[str, typer.Option(help="Name of the step that judges.")],
    gold: Annotated[str, typer.Option(help=_GOLD_HELP)],
    orders: Annotated[
        Optional[str], typer.Option(help="Orders to ask: 1, 2 or kept. Defaults to the step's.")
    ] = None,
    column: Annotated[
        Optional[str], typer.Option(help="Column with what the judge says, for own tasks.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path(
        "judge.json"
    ),
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Show what it would cost, and measure nothing.")
    ] = False,
    pipeline_variable_name: Annotated[
        str, typer.Option(help="Name of the variable in the script that holds the pipeline.")
    ] = "pipeline",
    allow: Annotated[
        Optional[List[str]],
        typer.Option(
            metavar="PACKAGE", help="Package whose classes the saved pipeline may import."
        ),
    ] = None,
) -> None:
    """Ask a judge about gold labels, measure it, and write what `KeepJudged` reads.

    Answers are stored: a second calibration asks only what changed.
    """
    from distilabel.pipeline.calibrating import GoldRun
    from distilabel.quality.gold_file import read_gold

    if orders not in (None, "1", "2", "kept"):
        _wrong_usage(f"--orders is {orders!r}. Use 1, 2 or kept.")
    with _usage_errors():
        loaded = _load(pipeline, pipeline_variable_name, allow)
        asked = int(orders) if orders in ("1", "2") else orders
        run = GoldRun(loaded, step, read_gold(gold), orders=asked, column=column)
        if estimate:
            for each in run.pipelines:
                say(str(each.estimate()))
            return
        found, _ = run.run()
        found.save(output)
    _report(found)
    say(f"Written to {output}.")
    raise typer.Exit(exit_status(found.decision))


@app.command()
def audit(
    dataset: Annotated[
        str, typer.Argument(help="Judged dataset: a file, a directory, or OWNER/NAME on the Hub.")
    ],
    gold: Annotated[Optional[str], typer.Option(help=_GOLD_HELP)] = None,
) -> None:
    """Look at the judge of any dataset, without asking it.

    Knows the columns of distilabel (generations with ratings or verdicts), of UltraFeedback
    (completions) and of TRL (chosen, rejected).
    """
    from distilabel.quality.audit import audit as look_at
    from distilabel.quality.gold_file import read_gold, read_records
    from distilabel.quality.report_text import sentence

    with _usage_errors():
        found = look_at(read_records(dataset), None if gold is None else read_gold(gold))
    say(found.sentence())
    say("")
    say(f"rows {found.rows:,}, judged pairs {found.pairs:,}")
    for name, value in (
        ("decided", found.decided),
        ("longer picked", found.longer),
        ("first picked", found.first),
        ("same in both orders", found.consistency),
        ("kept by both orders", found.kept),
    ):
        if value is not None:
            say(f"{name:20} {value}")
    if found.measures is not None and found.decision is not None:
        say(f"{'kappa with people':20} {found.measures.kappa}")
        say(sentence("The judge", found.measures, found.decision))
        raise typer.Exit(exit_status(found.decision))


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="File that `calibrate` wrote.")],
    html: Annotated[
        Optional[Path], typer.Option(help="Write the report with its charts to this file.")
    ] = None,
    review: Annotated[
        Optional[str], typer.Option(help="Address of a review page to link disagreements to.")
    ] = None,
    card: Annotated[
        bool, typer.Option("--card", help="Show the six lines for a dataset card.")
    ] = False,
) -> None:
    """Show a calibration."""
    from distilabel.quality.calibration import Calibration
    from distilabel.quality.card_lines import card_lines
    from distilabel.quality.report_html import report_html

    with _usage_errors():
        found = Calibration.load(file)
        if html is not None:
            html.write_text(report_html(found, review), encoding="utf-8")
    if card:
        for line in card_lines(found):
            say(f"- {line}")
    else:
        _report(found)
    if html is not None:
        say(f"Written to {html}.")
    raise typer.Exit(exit_status(found.decision))


@app.command()
def compare(
    one: Annotated[Path, typer.Argument(metavar="A", help="File that `calibrate` wrote.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
) -> None:
    """Compare two judges on the gold items that both were asked about.

    Exit status 0 if B is not worse, 1 if it is, 2 if they cannot be compared.
    """
    from distilabel.quality.calibration import Calibration
    from distilabel.quality.comparing import compare as hold_against

    with _usage_errors():
        first, second = Calibration.load(one), Calibration.load(other)
        found = hold_against(first, second)
    for name, each in (("A", first), ("B", second)):
        say(f"{name}: {each.decision.status}, kappa {each.measures.kappa}, {each.measures.n} items")
    say(f"changed: {', '.join(found.moved) or 'nothing'}")
    gain = found.gain
    verdict = "worse" if gain.high < 0 else "better" if gain.low > 0 else "not told apart"
    say(f"B - A: {gain} credit on {gain.n} shared items: B is {verdict}.")
    raise typer.Exit(1 if gain.high < 0 else 0)


@app.command()
def labels(
    need: Annotated[
        float, typer.Option(help="Half of the width of kappa's interval, such as 0.07.")
    ],
    agreement: Annotated[
        float, typer.Option(help="Expected agreement of judge and people, in 0..1.")
    ] = 0.64,
) -> None:
    """Tell how many labels of people an interval needs."""
    from distilabel.quality.labels import labels_needed

    with _usage_errors():
        number = labels_needed(need, agreement=agreement)
    # One of three instructions is kept for choosing thresholds and weights.
    say(
        f"{number} labels on the test split for kappa ± {need:g}; about {-(-number * 3 // 2)} in"
        " all, if one of three is for fitting."
    )


def exit_status(decision: Decision) -> int:
    """The exit status of a decision: 0 trusted, 1 not trusted, 3 too few labels."""
    if decision.trusted:
        return 0
    return 3 if decision.status == "too few labels" else 1


def _report(found: Calibration) -> None:
    from distilabel.quality.report_text import report_lines

    for line in report_lines(found):
        say(line)


def _load(pipeline: str, variable: str, allow: Optional[List[str]]) -> BasePipeline:
    from distilabel.cli.pipeline.commands import _from_config, _from_script

    if pipeline.endswith(".py"):
        return _from_script(pipeline, variable)
    return _from_config(pipeline, allow)


def _wrong_usage(message: str) -> None:
    say(f"Error: {message}", err=True, color=typer.colors.RED)
    raise typer.Exit(2)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Ends the command with one message and status 2; 1 says that a judge is not trusted."""
    from distilabel.cli.errors import report_errors

    try:
        with report_errors():
            yield
    except typer.Exit as end:
        raise typer.Exit(2 if end.exit_code == 1 else end.exit_code) from None
