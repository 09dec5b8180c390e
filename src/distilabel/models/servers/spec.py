"""`ServerSpec`: what a server is started with, apart from its address and its key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that serves models with OpenAI's protocol.

    Attributes:
        name: Name, with which messages begin.
        package: Python package that has it.
        extra: Extra of distilabel that installs the package.
        module: Module that is run with `python -m`, and its first arguments.
        key_variable: Environment variable it reads its API key from; empty if it reads the key
            from a configuration file.
        python_variable: Environment variable of distilabel that names the Python interpreter.
    """

    name: str
    package: str
    extra: str
    module: tuple[str, ...]
    key_variable: str
    python_variable: str


VLLM: Final = Engine(
    "vLLM",
    "vllm",
    "vllm",
    ("vllm.entrypoints.cli.main", "serve"),
    "VLLM_API_KEY",
    "DISTILABEL_VLLM_PYTHON",
)
SGLANG: Final = Engine(
    "SGLang",
    "sglang",
    "sglang",
    ("sglang.launch_server",),
    "",
    "DISTILABEL_SGLANG_PYTHON",
)


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """What a server is started with. Equal ones are served by the same processes.

    Attributes:
        engine: The program.
        model: Model that it serves, a path or a repository of the Hub.
        arguments: Arguments of its command line.
        files: Arguments whose values are files, with the texts that are written into them.
        gpus: GPUs that one server uses.
        devices: Ids of the GPUs that the user chose; None for free ones.
    """

    engine: Engine
    model: str
    arguments: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()
    gpus: int = 1
    devices: tuple[int, ...] | None = None


def command_line_arguments(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns options of an engine as arguments of its command line.

    Args:
        options: Options by name, in Python's spelling: `{"tensor_parallel_size": 2}` becomes
            `--tensor-parallel-size 2`. True becomes a flag, False the flag with `--no-`, a dict
            JSON, and a list several values. None leaves an option out.
    """
    arguments: list[str] = []
    for name, value in options.items():
        flag = f"--{name.strip('-').replace('_', '-')}"
        if value is None:
            continue
        if isinstance(value, bool):
            arguments.append(flag if value else f"--no-{flag[2:]}")
        elif isinstance(value, (list, tuple)):
            arguments += [flag, *map(_text_of, value)]
        else:
            arguments += [flag, _text_of(value)]
    return tuple(arguments)


def _text_of(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value, default=str)
    return value if isinstance(value, str) else str(value)
