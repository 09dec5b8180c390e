"""`distilabel pipeline run` and `... info`: options in, a run or a description out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Optional, Tuple

import typer

from distilabel.cli.failing import leave, one_message

if TYPE_CHECKING:
    from distilabel.distiset import Distiset
    from distilabel.pipeline.base import BasePipeline

app = typer.Typer(
    help="Run pipelines, and show what is in them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_CONFIG_HELP = (
    "Path or URL of a dump: .json, .yaml or .yml; or a dataset of the Hugging Face Hub that has "
    "one, OWNER/NAME or hf://datasets/OWNER/NAME@REVISION/FILE."
)

Allow = Annotated[
    Optional[List[str]],
    typer.Option(
        metavar="PACKAGE",
        help="Package whose classes the dump may use, besides distilabel; repeat for several.",
    ),
]


def parse_runtime_param(value: str) -> Tuple[List[str], str]:
    """Reads `step.name=value`; the value stays text.

    Raises:
        BadParameter: it has another form.
    """
    path, sign, text = value.partition("=")
    names = path.strip().split(".")
    if not sign or len(names) < 2 or not all(names):
        raise typer.BadParameter(
            f"{value!r} is not understood: write STEP.NAME=VALUE, such as "
            "'judge.llm.generation_kwargs.temperature=0.2'."
        )
    return names, text


@app.command()
def run(
    param: Annotated[
        Optional[List[str]],
        typer.Option(
            metavar="STEP.NAME=VALUE",
            help="Runtime parameter, dots for nested ones, such as "
            "'judge.llm.generation_kwargs.temperature=0.2'; lists and the like as JSON; repeat for "
            "several.",
        ),
    ] = None,
    config: Annotated[Optional[str], typer.Option(help=_CONFIG_HELP)] = None,
    script: Annotated[
        Optional[str],
        typer.Option(
            help="Path or URL of a Python script with a pipeline. It is imported, so it runs; "
            "one from the web only after you said yes."
        ),
    ] = None,
    pipeline_variable_name: Annotated[
        str, typer.Option(help="Name of the pipeline object in the script.")
    ] = "pipeline",
    allow: Allow = None,
    ignore_cache: Annotated[
        bool,
        typer.Option(
            "--ignore-cache/--no-ignore-cache", help="Ask everything again, whatever is stored."
        ),
    ] = False,
    repo_id: Annotated[
        Optional[str],
        typer.Option(help="Dataset on the Hugging Face Hub to push the result to: OWNER/NAME."),
    ] = None,
    commit_message: Annotated[
        Optional[str], typer.Option(help="Message of the push's commit.")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private/--no-private", help="Make the dataset a private one.")
    ] = False,
    token: Annotated[
        Optional[str],
        typer.Option(help="Key for the push; HF_TOKEN or the stored login if left out."),
    ] = None,
) -> None:
    """Runs a pipeline from a dump or a script.

    Answers are kept as they come: run the same command again after a crash or Ctrl-C, and only what
    is missing is asked.
    """
    from distilabel.cli.pipeline.confirming import confirm_addresses
    from distilabel.cli.pipeline.parameters import typed
    from distilabel.cli.pipeline.utils import parse_runtime_parameters

    pairs = [parse_runtime_param(text) for text in param or ()]
    if config is not None and script is not None:
        leave("--config and --script were both given: give one of them.")
    with one_message():
        if config is not None:
            pipeline = _from_config(config, allow)
        elif script is not None:
            pipeline = _from_script(script, pipeline_variable_name)
        else:
            leave("Nothing to run: give --config (a dump) or --script (a Python file).")
        parameters = typed(pipeline, parse_runtime_parameters(pairs))
        if config is not None and _is_elsewhere(config):
            confirm_addresses(pipeline, parameters)
        _run(pipeline, parameters, ignore_cache, repo_id, commit_message, private, token)


@app.command()
def info(
    config: Annotated[str, typer.Option(help=_CONFIG_HELP)],
    allow: Allow = None,
) -> None:
    """Shows what a pipeline is made of; runs nothing."""
    from distilabel.cli.pipeline.utils import display_pipeline_information

    with one_message():
        display_pipeline_information(_from_config(config, allow))


def _from_config(config: str, allow: Optional[List[str]]) -> BasePipeline:
    import sys

    from distilabel.cli.pipeline.utils import get_pipeline_from_config

    if allow and str(Path.cwd()) not in sys.path:
        # Packages one works on are mostly here.
        sys.path.insert(0, str(Path.cwd()))
    return get_pipeline_from_config(config, tuple(allow or ()))


def _is_elsewhere(config: str) -> bool:
    """Whether a dump comes from the web or the Hub."""
    from distilabel.cli.pipeline.hub import on_hub
    from distilabel.cli.pipeline.utils import valid_http_url

    return valid_http_url(config) or on_hub(config) is not None


def _from_script(script: str, name: str) -> BasePipeline:
    from distilabel.cli.pipeline.confirming import confirm
    from distilabel.cli.pipeline.utils import get_pipeline, valid_http_url

    if not valid_http_url(script):
        from distilabel.cli.pipeline.script import pipeline_in

        path = Path(script)
        if not path.is_file():
            raise FileNotFoundError(f"There is no file {script}.")
        if path.suffix != ".py":
            raise ValueError(
                f"{script} is no Python file (.py); a .json, .yaml or .yml goes with --config."
            )
        return pipeline_in(path, name)
    confirm(
        f"{script}\nwill be kept in {Path.cwd()} and run with all your rights. Read it first.",
        "Run it?",
    )
    return get_pipeline(script, name)


def _run(
    pipeline: BasePipeline,
    parameters: Dict[str, Dict[str, Any]],
    ignore_cache: bool,
    repo_id: Optional[str],
    commit_message: Optional[str],
    private: bool,
    token: Optional[str],
) -> None:
    distiset = pipeline.run(parameters=parameters, use_cache=not ignore_cache)
    _tell_where(pipeline, distiset)
    if distiset.report is not None and distiset.report.interrupted:
        if repo_id is not None:
            typer.echo("Nothing was pushed: the run was stopped before its end.", err=True)
        raise typer.Exit(130)
    if repo_id is not None:
        more: dict[str, Any] = {"commit_message": commit_message} if commit_message else {}
        distiset.push_to_hub(repo_id, private=private, token=token, **more)
        typer.echo(f"Pushed to https://huggingface.co/datasets/{repo_id}")


def _tell_where(pipeline: BasePipeline, distiset: Distiset) -> None:
    from distilabel.cli.tables import in_bytes
    from distilabel.constants import STEPS_OUTPUTS_PATH
    from distilabel.pipeline.workspace.cache_listing import size_of

    folder = pipeline._run_directory.data / STEPS_OUTPUTS_PATH
    typer.echo(f"The dataset is in {folder} ({in_bytes(size_of(folder))}).")
    for name, dataset in distiset.items():
        splits = dataset.items() if isinstance(dataset, dict) else [("", dataset)]
        for split, rows in splits:
            columns = ", ".join(rows.column_names)
            typer.echo(f"  {name}{split and f'/{split}'}: {len(rows):,} rows of {columns}")
