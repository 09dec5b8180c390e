"""`distilabel pipeline run` and `distilabel pipeline info`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Optional, Tuple

import typer

from distilabel.cli.errors import fail, report_errors
from distilabel.cli.output import say

if TYPE_CHECKING:
    from distilabel.distiset import Distiset
    from distilabel.pipeline.base import BasePipeline

app = typer.Typer(
    help="Run pipelines and show their contents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_CONFIG_HELP = (
    "Saved pipeline (.json, .yaml or .yml): a path, a URL, or a dataset on the Hugging Face Hub, "
    "as OWNER/NAME or hf://datasets/OWNER/NAME@REVISION/FILE."
)

Allow = Annotated[
    Optional[List[str]],
    typer.Option(
        metavar="PACKAGE",
        help="Package whose classes the saved pipeline may import. Can be repeated.",
    ),
]


def parse_runtime_param(value: str) -> Tuple[List[str], str]:
    """Splits `STEP.NAME=VALUE` into the names and the value, which stays text.

    Raises:
        BadParameter: The text has another form.
    """
    path, sign, text = value.partition("=")
    names = path.strip().split(".")
    if not sign or len(names) < 2 or not all(names):
        raise typer.BadParameter(
            f"Invalid parameter {value!r}. Expected STEP.NAME=VALUE, such as "
            "'judge.llm.generation_kwargs.temperature=0.2'."
        )
    return names, text


@app.command()
def run(
    param: Annotated[
        Optional[List[str]],
        typer.Option(
            metavar="STEP.NAME=VALUE",
            help="Set a runtime parameter, such as "
            "'judge.llm.generation_kwargs.temperature=0.2'. Lists and mappings are given as JSON. "
            "Can be repeated.",
        ),
    ] = None,
    config: Annotated[Optional[str], typer.Option(help=_CONFIG_HELP)] = None,
    script: Annotated[
        Optional[str],
        typer.Option(
            help="Python script with a pipeline: a path or a URL. Its code is executed; for a URL, "
            "after you confirm it."
        ),
    ] = None,
    pipeline_variable_name: Annotated[
        str, typer.Option(help="Name of the variable in the script that holds the pipeline.")
    ] = "pipeline",
    allow: Allow = None,
    ignore_cache: Annotated[
        bool,
        typer.Option(
            "--ignore-cache/--no-ignore-cache",
            help="Do not reuse stored answers and step outputs.",
        ),
    ] = False,
    repo_id: Annotated[
        Optional[str],
        typer.Option(help="Push the result to this dataset on the Hugging Face Hub, OWNER/NAME."),
    ] = None,
    commit_message: Annotated[
        Optional[str], typer.Option(help="Commit message of the push.")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private/--no-private", help="Create the dataset as private.")
    ] = False,
    token: Annotated[
        Optional[str],
        typer.Option(help="Token for the push. Defaults to HF_TOKEN or the stored login."),
    ] = None,
) -> None:
    """Run a pipeline from a saved file or a script.

    Answers are stored as they arrive. To continue after a crash or Ctrl-C, run the same command
    again: only the missing answers are requested.
    """
    from distilabel.cli.pipeline.confirming import confirm_addresses
    from distilabel.cli.pipeline.parameters import convert_parameters
    from distilabel.cli.pipeline.utils import parse_runtime_parameters

    pairs = [parse_runtime_param(text) for text in param or ()]
    if config is not None and script is not None:
        fail("--config and --script cannot be combined. Give one of the two.")
    with report_errors():
        if config is not None:
            pipeline = _from_config(config, allow)
        elif script is not None:
            pipeline = _from_script(script, pipeline_variable_name)
        else:
            fail("No pipeline given. Use --config (a saved pipeline) or --script (a Python file).")
        parameters = convert_parameters(pipeline, parse_runtime_parameters(pairs))
        if config is not None and _is_remote(config):
            confirm_addresses(pipeline, parameters)
        _run(pipeline, parameters, ignore_cache, repo_id, commit_message, private, token)


@app.command()
def info(
    config: Annotated[str, typer.Option(help=_CONFIG_HELP)],
    allow: Allow = None,
) -> None:
    """Show the steps, parameters and connections of a pipeline without running it."""
    from distilabel.cli.pipeline.utils import display_pipeline_information

    with report_errors():
        display_pipeline_information(_from_config(config, allow))


def _from_config(config: str, allow: Optional[List[str]]) -> BasePipeline:
    import sys

    from distilabel.cli.pipeline.utils import get_pipeline_from_config

    if allow and str(Path.cwd()) not in sys.path:
        # The package is often one under development in the working directory.
        sys.path.insert(0, str(Path.cwd()))
    return get_pipeline_from_config(config, tuple(allow or ()))


def _is_remote(config: str) -> bool:
    """Whether a saved pipeline is on the web or the Hub."""
    from distilabel.cli.pipeline.hub import parse_hub_path
    from distilabel.cli.pipeline.utils import valid_http_url

    return valid_http_url(config) or parse_hub_path(config) is not None


def _from_script(script: str, name: str) -> BasePipeline:
    from distilabel.cli.pipeline.confirming import confirm
    from distilabel.cli.pipeline.utils import get_pipeline, valid_http_url

    if not valid_http_url(script):
        from distilabel.cli.pipeline.script import load_pipeline

        path = Path(script)
        if not path.is_file():
            raise FileNotFoundError(f"File not found: {path.absolute()}")
        if path.suffix != ".py":
            raise ValueError(
                f"{script} is not a Python file (.py). Use --config for a .json, .yaml or .yml "
                "file."
            )
        return load_pipeline(path, name)
    confirm(
        f"{script}\nwill be saved to {Path.cwd()} and executed with your permissions. "
        "Read it first.",
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
    _print_dataset(pipeline, distiset)
    if distiset.report is not None and distiset.report.interrupted:
        if repo_id is not None:
            say("Nothing was pushed because the run was stopped.", err=True)
        raise typer.Exit(130)
    if repo_id is not None:
        more: dict[str, Any] = {"commit_message": commit_message} if commit_message else {}
        distiset.push_to_hub(repo_id, private=private, token=token, **more)
        say(f"Pushed to https://huggingface.co/datasets/{repo_id}")


def _print_dataset(pipeline: BasePipeline, distiset: Distiset) -> None:
    """Prints where the dataset is and what is in it."""
    from distilabel._engine.reporting.formatting import format_count
    from distilabel.cli.tables import format_size
    from distilabel.constants import STEPS_OUTPUTS_PATH
    from distilabel.pipeline.workspace.cache_listing import size_of

    folder = pipeline._run_directory.data / STEPS_OUTPUTS_PATH
    say(f"The dataset is in {folder} ({format_size(size_of(folder))}).")
    for name, dataset in distiset.items():
        splits = dataset.items() if isinstance(dataset, dict) else [("", dataset)]
        for split, rows in splits:
            columns = ", ".join(rows.column_names)
            say(f"  {name}{split and f'/{split}'}: {format_count(len(rows), 'row')} of {columns}")
