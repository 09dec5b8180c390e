"""Where a pipeline comes from: a dump or a script, on this machine or on the web."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from distilabel._core.safe_load import SUFFIXES, parse, read_source
from distilabel.cli.pipeline.hub import config_on_hub, on_hub
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
    """Runtime parameters as a nested dict, as `Pipeline.run` takes them.

    Args:
        params: pairs of a path (step, parameter, and the names within it) and a value.

    Raises:
        DistilabelUserError: one path ends where another goes on.
    """
    values: Dict[str, Any] = {}
    for path, value in params:
        inner: Any = values
        for name in path[:-1]:
            inner = inner.setdefault(name, {}) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or isinstance(inner.get(path[-1]), dict):
            raise DistilabelUserError(
                f"--param {'.'.join(path)} does not go with another one: a parameter is either "
                "one value or several with names."
            )
        inner[path[-1]] = value
    return values


def get_config_from_url(url: str) -> Dict[str, Any]:
    """Gets the dump of a pipeline from the web; nothing in it is run.

    Args:
        url: of a `.json`, `.yaml` or `.yml` file. HF_TOKEN is sent to `huggingface.co` alone.

    Raises:
        DistilabelUserError: another suffix, nothing there, or no valid JSON or YAML.
    """
    suffix = name_in(url).suffix
    if suffix not in SUFFIXES:
        raise DistilabelUserError(
            f"{url} is neither .json nor .yaml nor .yml: --config takes what pipeline.save wrote."
        )
    return _mapping(parse(fetch(url).encode(), SUFFIXES[suffix], url), url)


def _mapping(data: Any, where: str) -> Dict[str, Any]:
    if not isinstance(data, dict):
        raise DistilabelUserError(f"{where} holds no pipeline: it is no mapping.")
    return data


def get_pipeline_from_url(url: str, pipeline_name: str = "pipeline") -> BasePipeline:
    """Gets a script from the web, keeps it in the working directory, and imports it: it runs.

    Args:
        url: of a `.py` file.
        pipeline_name: name of the variable that holds the pipeline.

    Raises:
        DistilabelUserError: another suffix, nothing there, or another file of that name is here.
        ImportError: the script has no such object.
    """
    from distilabel.cli.pipeline.script import pipeline_in

    name = name_in(url)
    if name.suffix != ".py":
        raise DistilabelUserError(f"{url} is no Python file (.py).")
    text = fetch(url)
    path = Path.cwd() / name
    if path.exists() and path.read_text(encoding="utf-8", errors="replace") != text:
        raise DistilabelUserError(
            f"{path} is there already, and is not the same as {url}: move it away to use the "
            "one from the web, or run it with --script and its path."
        )
    path.write_text(text, encoding="utf-8")
    return pipeline_in(path, pipeline_name)


def get_pipeline_from_config(config: str, allow: Tuple[str, ...] = ()) -> BasePipeline:
    """Builds the pipeline in a dump.

    Args:
        config: path or URL of a `.json`, `.yaml` or `.yml` file, or a dataset of the Hugging Face
            Hub: `owner/name`, `hf://datasets/owner/name@revision/file`.
        allow: packages, besides `distilabel`, whose classes may be imported.

    Raises:
        DistilabelUserError: no such kind of file, no pipeline in it, or a class that may not be
            imported.
        FileNotFoundError: there is no such file.
    """
    from distilabel.pipeline import Pipeline

    there = on_hub(config)
    if there is not None:
        return Pipeline.from_dict(_mapping(config_on_hub(there), config), allow=allow)
    if valid_http_url(config):
        return Pipeline.from_dict(get_config_from_url(config), allow=allow)
    path = Path(config)
    if path.suffix not in SUFFIXES:
        raise DistilabelUserError(
            f"{config} is neither .json nor .yaml nor .yml: --config takes what pipeline.save "
            "wrote; a Python file goes with --script."
        )
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {config}.")
    return Pipeline.from_dict(_mapping(read_source(path), config), allow=allow)


def get_pipeline(config_or_script: str, pipeline_name: str = "pipeline") -> BasePipeline:
    """The pipeline in a dump, or in a script on the web.

    Args:
        config_or_script: URL of a dump or of a script, or path of a dump.
        pipeline_name: name of the variable that holds the pipeline in a script.

    Raises:
        ValueError: a script on this machine.
        FileNotFoundError: there is no such file.
        DistilabelUserError: another kind of file, or no pipeline in it.
    """
    if valid_http_url(config_or_script):
        if name_in(config_or_script).suffix == ".py":
            return get_pipeline_from_url(config_or_script, pipeline_name)
        return get_pipeline_from_config(config_or_script)
    if Path(config_or_script).suffix == ".py":
        if not Path(config_or_script).is_file():
            raise FileNotFoundError(f"There is no file {config_or_script}.")
        raise ValueError(
            f"{config_or_script} is a script on this machine: run it with Python, or with "
            "`distilabel pipeline run --script`."
        )
    return get_pipeline_from_config(config_or_script)
