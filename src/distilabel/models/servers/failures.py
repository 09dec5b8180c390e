"""Says why a server could not start, or ended, from the last lines of its log."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distilabel._core.redaction import redact_urls
from distilabel.models.servers.spec import ServerSpec

# Lines of the log in a message, and how much of the log is searched for the cause.
_SHOWN_LINES: Final = 12
_SEARCHED_BYTES: Final = 256 * 1024
# Longer lines are prompts or dumps of the configuration.
_LONGEST_LINE: Final = 300
_KILLED: Final = 128 + 9
# Weights with fewer GiB do not fill a memory.
_SMALLEST: Final = 0.1
_ERROR: Final = re.compile(r"error|exception|traceback", re.I)
_WEIGHTS: Final = (".safetensors", ".bin", ".pt", ".gguf")


@dataclass(frozen=True, slots=True)
class _Cause:
    """A cause that is recognized in a log.

    Attributes:
        pattern: What the log says.
        what: What is wrong; may name `{engine}`, `{model}`, `{size}`, `{found}` and `{pip}`.
        advice: What to do.
        can_retry: Whether a start on another port may succeed.
    """

    pattern: re.Pattern[str]
    what: str
    advice: str
    can_retry: bool = False


def _cause(pattern: str, what: str, advice: str, *, can_retry: bool = False) -> _Cause:
    return _Cause(re.compile(pattern, re.IGNORECASE), what, advice, can_retry)


_MEMORY_ADVICE: Final = (
    "Use a smaller or quantized model, more GPUs (extra_kwargs={{'tensor_parallel_size': N}}), a "
    "shorter context (extra_kwargs={{'max_model_len': N}}), or free the memory that other programs "
    "use"
)

# The first that matches counts, so that those that name a cause precede those that follow from it.
_CAUSES: Final = (
    _cause(
        r"No module named '?(vllm|sglang)",
        "the package {package!r} is not installed in {python}",
        "Run: {pip}",
    ),
    _cause(
        r"The command cannot be run: (?P<found>.+)",
        "the Python interpreter that is to run it cannot be run ({found})",
        "Correct the environment variable {variable}",
    ),
    _cause(
        r"address already in use|errno 98|errno 48",
        "its port is taken",
        "Run again: another port is used",
        can_retry=True,
    ),
    _cause(
        r"unrecognized arguments: (?P<found>.+)|(?P<found2>argument --\S+: .+)",
        "it does not know an argument: {found}",
        "Correct extra_kwargs, or install another version of {engine}",
    ),
    _cause(
        r"gated repo|awaiting a review from the repo authors|401 Client Error|"
        r"Access to model .+ is restricted",
        "the model {model!r} is gated or private",
        "Accept its license on the Hugging Face Hub and set the environment variable HF_TOKEN",
    ),
    _cause(
        r"trust_remote_code=True",
        "the model {model!r} has code of its own, which is not run unless you trust it",
        "Set trust_remote_code=True",
    ),
    _cause(
        r"OfflineModeIsEnabled|LocalEntryNotFoundError|outgoing traffic has been disabled|"
        r"couldn't connect to .*huggingface",
        "the model {model!r} is not on this machine and the Hugging Face Hub cannot be reached",
        "Connect the machine, unset HF_HUB_OFFLINE, or set `model` to a folder with the model",
    ),
    _cause(
        r"RepositoryNotFoundError|Repository Not Found|404 Client Error|RevisionNotFound|"
        r"is not a valid model identifier|is not a local folder|Repo id must|"
        r"does not appear to have a file named|Can't load the configuration|"
        r"Invalid repository ID or local directory",
        "the model {model!r} was not found",
        "Check its name on the Hugging Face Hub, its revision, or the path of its folder",
    ),
    _cause(
        r"architectures? .+ (?:is|are) not supported|has no vLLM implementation|"
        r"does not recognize this architecture",
        "it does not support the architecture of the model {model!r}",
        "Install a newer version of {engine}, or use TransformersLLM",
    ),
    _cause(
        r"out of memory|OutOfMemoryError|No available memory for the cache blocks|"
        r"Free memory on device .+ is less than desired|larger than the available KV cache|"
        r"larger than the maximum number of tokens that can be stored|Not enough memory|"
        r"needed, which is larger than the available",
        "there is not enough memory for the model {model!r}{size}",
        _MEMORY_ADVICE,
    ),
    _cause(
        r"Failed to infer device type|No CUDA GPUs are available|no NVIDIA driver|"
        r"Torch not compiled with CUDA|libcuda\.so|libcudart|CUDA driver version is insufficient|"
        r"No accelerator",
        "it found no GPU that it can use",
        "Check that `nvidia-smi` lists a GPU, and that the installed {engine} was built for this "
        "machine",
    ),
    _cause(
        r"invalid device ordinal",
        "a GPU of `cuda_devices` does not exist",
        "Compare it with the list of `nvidia-smi`",
    ),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a server ended.

    Attributes:
        text: The message, with the last lines of the log and its path.
        can_retry: Whether a start on another port may succeed.
    """

    text: str
    can_retry: bool


def explain(spec: ServerSpec, python: str, log: Path, status: int | None) -> Failure:
    """Explains the end of a server.

    Args:
        spec: What it was started with.
        python: Python interpreter that ran it.
        log: Its log file.
        status: Exit status; 128 and the number of the signal that killed it.

    Returns:
        The explanation.
    """
    text = tail(log)
    found = next(((c, m) for c in _CAUSES if (m := c.pattern.search(text))), None)
    engine = spec.engine
    can_retry = False
    if found is not None:
        cause, match = found
        names = {
            "engine": engine.name,
            "package": engine.package,
            "model": spec.model,
            "size": _size_text(spec.model),
            "python": python,
            "variable": engine.python_variable,
            "pip": install_line(spec, python),
            "found": next(filter(None, match.groups()), "") if match.groups() else "",
        }
        what, advice = cause.what.format(**names), cause.advice.format(**names)
        can_retry = cause.can_retry
    elif status == _KILLED:
        what = f"it was killed (signal 9), probably out of memory{_size_text(spec.model)}"
        advice = "Free memory, or use a smaller model"
    else:
        what = f"it ended with status {status}"
        advice = "The log says why"
    return Failure(f"{engine.name}: {what}. {advice}.{shown_tail(text, log)}", can_retry)


def install_line(spec: ServerSpec, python: str) -> str:
    """Returns the command that installs an engine.

    Args:
        spec: What a server is started with.
        python: Python interpreter that is to run it.
    """
    import sys

    package = f"'distilabel[{spec.engine.extra}]'"
    if python == sys.executable:
        return f"pip install {package}"
    return f"{python} -m pip install {spec.engine.package}"


def tail(log: Path) -> str:
    """Returns the end of a log file; empty if there is none.

    Args:
        log: Its path.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _SEARCHED_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def shown_tail(text: str, log: Path) -> str:
    """Returns the last lines of a log as part of a message, and where the log is.

    Args:
        text: Text of the log.
        log: Its path.
    """
    lines = [line.rstrip()[:_LONGEST_LINE] for line in text.splitlines() if line.strip()]
    # What a server writes while it shuts down hides the error before it.
    last = [line for line in lines if _ERROR.search(line)] or lines
    shown = "\n".join(f"  | {redact_urls(line)}" for line in last[-_SHOWN_LINES:])
    what = "" if last is lines else " with errors"
    after = f" Its last lines{what}:\n{shown}" if shown else " It is empty."
    return f"\nThe log of the server is {log}.{after}"


def _size_text(model: str) -> str:
    size = weights_size(model) / 2**30
    return f", whose weights have {size:.1f} GiB" if size >= _SMALLEST else ""


def weights_size(model: str) -> int:
    """Returns the size of a model's weights on this machine in bytes; 0 if they are not there.

    Args:
        model: Folder, or repository of the Hub.
    """
    folder = Path(model).expanduser()
    if not folder.is_dir():
        cache = os.environ.get("HF_HUB_CACHE") or Path(
            os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface", "hub"
        )
        snapshots = Path(cache, f"models--{model.replace('/', '--')}", "snapshots")
        found = sorted(snapshots.glob("*"), key=lambda path: path.stat().st_mtime)
        if not found:
            return 0
        folder = found[-1]
    files = [path for path in folder.iterdir() if path.suffix in _WEIGHTS]
    # A repository may have the same weights in several formats.
    kinds = {path.suffix for path in files}
    return max(
        (sum(p.stat().st_size for p in files if p.suffix == kind) for kind in kinds), default=0
    )
