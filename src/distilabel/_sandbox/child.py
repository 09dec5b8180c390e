"""What the confined process does: give up its rights, run the code, write one JSON object.

It gives up its rights before it reads the code. `sandbox.py` starts it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

# Python's own files and what its extension modules load; nothing of a user.
_SYSTEM_PATHS: Final = (
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/null",
    "/dev/urandom",
)
_LONGEST_TEXT: Final = 10_000
_MODULE: Final = "sandboxed"


def main() -> None:
    """Reads a job from standard input, confines this process, and answers on a pipe.

    The only argument is the number of the pipe. The job has the keys `folder`, `readable`,
    `limits`, `strong`, `source` or `path`, `then`, `function`, `args` and `kwargs`.
    """
    answers = int(sys.argv[1])
    job = json.load(sys.stdin)
    sys.stdin = open(os.devnull)  # noqa: SIM115 (open until the end of the process)
    os.dup2(sys.stdin.fileno(), 0)
    confine(job)
    # Tells that the time of the code begins.
    os.write(answers, b"+")
    answer = json.dumps(run(job)).encode()
    with suppress(BaseException):  # the code may have replaced them
        sys.stdout.flush()
        sys.stderr.flush()
    while answer:
        answer = answer[os.write(answers, answer) :]
    # Without the exit handlers of the code, and without waiting for its threads.
    os._exit(0)


def confine(job: dict[str, Any]) -> None:
    """Gives up every right that the code shall not have."""
    import resource

    limits, folder = job["limits"], job["folder"]
    os.chdir(folder)
    for kind, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, int(limits["seconds"]) + 1),
        (resource.RLIMIT_FSIZE, limits["disk"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            # macOS does not limit memory this way; the strong mechanism needs all of them.
            if job["strong"]:
                raise
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix} - {"/"}
    readable = [*prefixes, *_SYSTEM_PATHS, *job["readable"]]
    if job["strong"]:
        from distilabel._sandbox import landlock, seccomp

        landlock.restrict(readable, [folder])
        seccomp.install()
    else:
        from distilabel._sandbox import audit

        audit.install(readable, [folder])


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Runs the code of a job.

    Returns:
        `{"value": ..., "text": ...}` with what the function returned, as JSON (None if it is not
        JSON) and as text, or `{"error": ..., "trace": ...}`.
    """
    try:
        names = _load(job)
        if job.get("then"):
            exec(compile(job["then"], "<tests>", "exec"), names)
        value: Any = None
        if job.get("function"):
            function = names.get(job["function"])
            if not callable(function):
                return {"error": f"there is no function {job['function']!r}", "trace": ""}
            value = _call(function, job["args"], job["kwargs"])
        return {"value": _as_json(value), "text": str(value)[:_LONGEST_TEXT]}
    except BaseException as error:  # noqa: BLE001 (the code may raise anything)
        return {"error": _message(error), "trace": traceback.format_exc()[-_LONGEST_TEXT:]}


def _load(job: dict[str, Any]) -> dict[str, Any]:
    import types

    source, file = job.get("source"), "<code>"
    if job.get("path"):
        file = job["path"]
        source = Path(file).read_text(encoding="utf-8")
        sys.path.insert(0, str(Path(file).parent))
    module = types.ModuleType(_MODULE)
    # Dataclasses and others look the module of a class up.
    sys.modules[_MODULE] = module
    exec(compile(source or "", file, "exec"), module.__dict__)
    return module.__dict__


def _call(function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if not kwargs:
        return function(*args)
    import inspect

    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        # Names that the function does not have: by position, as in 1.5.3.
        return function(*args, *kwargs.values())
    except ValueError:
        pass  # a function without a signature
    return function(*args, **kwargs)


def _as_json(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return None


def _message(error: BaseException) -> str:
    try:
        text = str(error)[:_LONGEST_TEXT]
    except BaseException:  # noqa: BLE001 (the class may be the code's own)
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
