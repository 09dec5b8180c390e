"""Loads pipelines from saved files and scripts, on this machine or on the web."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from distilabel._core.safe_load import SUFFIXES, parse, read_source
from distilabel.cli.pipeline.hub import load_hub_config, parse_hub_path
from distilabel.cli.pipeline.information import display_pipeline_information
from distilabel.cli.pipeline.remote import fetch, name_in, valid_http_url
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from distilabel.pipeline.base import BasePipeline

__all__ = [
    "display_pipeline_information",
    "get_config_from_url",
    "get_pipeline",
    "get_pipeline_from_config",
    "get_pipeline_from_url",
    "parse_runtime_parameters",
    "valid_http_url",
]


def parse_runtime_parameters(params: List[Tuple[List[str], str]]) -> Dict[str, Dict[str, Any]]:
    """Converts runtime parameters to a nested dict, as `Pipeline.run` takes them.

    Args:
        params: Pairs of a path (step, parameter, and the names within it) and a value.

    Raises:
        DistilabelUserError: One path is the beginning of another.
    """
    values: Dict[str, Any] = {}
    for path, value in params:
        inner: Any = values
        for name in path[:-1]:
            inner = inner.setdefault(name, {}) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or isinstance(inner.get(path[-1]), dict):
            raise DistilabelUserError(
                f"--param {'.'.join(path)} conflicts with another one. A parameter has either a "
                "single value or values by name."
            )
        inner[path[-1]] = value
    return values


def get_config_from_url(url: str) -> Dict[str, Any]:
    """Downloads a saved pipeline from the web; runs nothing in it.

    Args:
        url: URL of a `.json`, `.yaml` or `.yml` file. HF_TOKEN is sent to `huggingface.co` only.

    Raises:
        DistilabelUserError: The URL has another suffix, cannot be read, or is not valid.
    """
    suffix = name_in(url).suffix
    if suffix not in SUFFIXES:
        raise DistilabelUserError(
            f"{url}: unknown file type. --config takes a .json, .yaml or .yml file written by "
            "pipeline.save."
        )
    return _mapping(parse(fetch(url).encode(), SUFFIXES[suffix], url), url)


def _mapping(data: Any, where: str) -> Dict[str, Any]:
    if not isinstance(data, dict):
        raise DistilabelUserError(
            f"{where} is not a pipeline: expected a mapping, got {type(data).__name__}."
        )
    return data


def get_pipeline_from_url(url: str, pipeline_name: str = "pipeline") -> BasePipeline:
    """Downloads a script to the working directory and imports it, which executes it.

    Args:
        url: URL of a `.py` file.
        pipeline_name: Name of the variable that holds the pipeline.

    Raises:
        DistilabelUserError: The URL has another suffix or cannot be read, or a different file of
            that name exists here.
        ImportError: The script has no such variable.
    """
    from distilabel.cli.pipeline.script import load_pipeline

    name = name_in(url)
    if name.suffix != ".py":
        raise DistilabelUserError(f"{url} is not a Python file (.py).")
    text = fetch(url)
    path = Path.cwd() / name
    if path.exists() and path.read_text(encoding="utf-8", errors="replace") != text:
        raise DistilabelUserError(
            f"{path} already exists and differs from {url}. Move it away to use the file from "
            "the web, or run the local one with --script and its path."
        )
    path.write_text(text, encoding="utf-8")
    return load_pipeline(path, pipeline_name)


def get_pipeline_from_config(config: str, allow: Tuple[str, ...] = ()) -> BasePipeline:
    """Loads a saved pipeline.

    Args:
        config: Path or URL of a `.json`, `.yaml` or `.yml` file, or a dataset of the Hugging Face
            Hub: `owner/name`, `hf://datasets/owner/name@revision/file`.
        allow: Packages, besides `distilabel`, whose classes may be imported.

    Raises:
        DistilabelUserError: The file has another type or is not a pipeline, or a class may not be
            imported.
        FileNotFoundError: The file does not exist.
    """
    from distilabel.pipeline import Pipeline

    hub_file = parse_hub_path(config)
    if hub_file is not None:
        return Pipeline.from_dict(_mapping(load_hub_config(hub_file), config), allow=allow)
    if valid_http_url(config):
        return Pipeline.from_dict(get_config_from_url(config), allow=allow)
    path = Path(config)
    if path.suffix not in SUFFIXES:
        raise DistilabelUserError(
            f"{config}: unknown file type. --config takes a .json, .yaml or .yml file written by "
            "pipeline.save; use --script for a Python file."
        )
    if not path.is_file():
        raise FileNotFoundError(f"File not found: {path.absolute()}")
    return Pipeline.from_dict(_mapping(read_source(path), config), allow=allow)


def get_pipeline(config_or_script: str, pipeline_name: str = "pipeline") -> BasePipeline:
    """Loads a saved pipeline, or the pipeline of a script on the web.

    Args:
        config_or_script: URL of a saved pipeline or a script, or path of a saved pipeline.
        pipeline_name: Name of the variable that holds the pipeline in a script.

    Raises:
        ValueError: The path is that of a script on this machine.
        FileNotFoundError: The file does not exist.
        DistilabelUserError: The file has another type, or is not a pipeline.
    """
    if valid_http_url(config_or_script):
        if name_in(config_or_script).suffix == ".py":
            return get_pipeline_from_url(config_or_script, pipeline_name)
        return get_pipeline_from_config(config_or_script)
    if Path(config_or_script).suffix == ".py":
        if not Path(config_or_script).is_file():
            raise FileNotFoundError(f"File not found: {Path(config_or_script).absolute()}")
        raise ValueError(
            f"{config_or_script} is a Python script on this machine. Run it with Python, or with "
            "`distilabel pipeline run --script`."
        )
    return get_pipeline_from_config(config_or_script)
