"""`APIGenExecutionChecker`: executes the function calls that a model wrote, in a sandbox."""

from __future__ import annotations

import ast
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, List

from pydantic import PrivateAttr

from distilabel._sandbox.sandbox import Limits, check_available, run_code
from distilabel.errors import DistilabelUserError
from distilabel.steps.base import Step, StepInput
from distilabel.steps.tasks.apigen.utils import FunctionResult, call_arguments, parse_json

if TYPE_CHECKING:
    from distilabel.typing import StepOutput

_KEEP: Final = "keep_row_after_execution_check"
_RESULT: Final = "execution_result"
_SECONDS: Final = 5.0
_DANGEROUS: Final = re.compile(
    r"\bsubprocess\b|\bos\.(?:system|popen|exec|fork|kill)|\binput\s*\(|\bthreading\b|\b_thread\b"
    r"|\bexec\s*\(|\bargparse\b|\bsetLevel\b|\bunittest\b|\b(?:sys\.)?exit\s*\("
    r"|\bmultiprocessing\b|\bPool\s*\(|\bProcessPoolExecutor\b|\bThreadPoolExecutor\b"
)


class APIGenExecutionChecker(Step):
    """Executes the function calls in `answers` and keeps the rows whose calls all succeed.

    Each call runs in a process of its own, which reaches neither the network nor the files of the
    user (except `libpath`), and ends after 5 seconds; `distilabel._sandbox.sandbox` says what is
    guaranteed. Arguments are passed by name, and by position if the function has no such names.

    Attributes:
        libpath: Python file with the functions, or folder with one file per function, both of the
            same name.
        check_is_dangerous: Whether to leave out functions whose source uses processes, threads,
            `exec`, `input`, `exit` and the like.

    Input columns:
        - answers (str): Function calls, as JSON: `[{"name": ..., "arguments": {...}}, ...]`.

    Output columns:
        - keep_row_after_execution_check (bool): Whether all calls succeeded.
        - execution_result (str): List with the result of each call, as text, or what went wrong.

    Categories:
        - filtering
        - execution

    References:
        - [APIGen: Automated Pipeline for Generating Verifiable and Diverse Function-Calling Datasets](https://arxiv.org/abs/2406.18518)
        - [Salesforce/xlam-function-calling-60k](https://huggingface.co/datasets/Salesforce/xlam-function-calling-60k)

    Examples:
        Execute one call:

        ```python
        from pathlib import Path

        from distilabel.steps.tasks import APIGenExecutionChecker

        Path("lib.py").write_text("def add(a, b):\\n    return a + b\\n")
        checker = APIGenExecutionChecker(libpath="lib.py")
        checker.load()
        rows = next(
            checker.process([{"answers": '[{"name": "add", "arguments": {"a": 2, "b": 3}}]'}])
        )
        # [{..., "keep_row_after_execution_check": True, "execution_result": ["5"]}]
        ```
    """

    libpath: str
    check_is_dangerous: bool = True

    _row_by_row: ClassVar[bool] = True

    _sources: dict[Path, str | None] = PrivateAttr(default_factory=dict)

    def load(self) -> None:
        """Checks that the functions are there and that code can be confined.

        Raises:
            DistilabelUserError: If there is neither a file nor a folder at `libpath`, or if code
                cannot be confined on this system.
        """
        super().load()
        path = Path(self.libpath)
        if not path.is_dir() and not (path.is_file() and path.suffix == ".py"):
            raise DistilabelUserError(
                f"{self.name}: libpath is {self.libpath!r}. It must be a Python file or a folder "
                "with one Python file per function."
            )
        check_available()
        self._sources = {}

    @property
    def inputs(self) -> List[str]:
        """`answers`."""
        return ["answers"]

    @property
    def outputs(self) -> List[str]:
        """`keep_row_after_execution_check` and `execution_result`."""
        return [_KEEP, _RESULT]

    def process(self, inputs: StepInput) -> StepOutput:
        """Executes the calls of a batch, a few rows at a time.

        Args:
            inputs: Input rows.

        Yields:
            The rows with the results added.
        """
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            results = list(pool.map(self._execute_row, [row["answers"] for row in inputs]))
        yield [
            {
                **row,
                _KEEP: bool(found) and all(result["keep"] for result in found),
                _RESULT: [result["execution_result"] for result in found],
            }
            for row, found in zip(inputs, results, strict=True)
        ]

    def _execute_row(self, answers: Any) -> list[FunctionResult]:
        calls = parse_json(answers) if isinstance(answers, str) else answers
        calls = [calls] if isinstance(calls, dict) else calls
        if not isinstance(calls, list) or not any(calls):
            return [_failure("there are no calls to execute")]
        return [self._execute(call) for call in calls]

    def _execute(self, call: Any) -> FunctionResult:
        name = call.get("name") if isinstance(call, dict) else None
        # It becomes the name of a file, and comes from a model.
        if not isinstance(name, str) or not name.isidentifier():
            return _failure(f"the call has no valid name of a function ({name!r})")
        path = Path(self.libpath)
        file = path / f"{name}.py" if path.is_dir() else path
        source = self._source_of(file)
        if source is None:
            return _failure(f"there is no function {name!r}")
        code = _source_of_function(source, name)
        if code is None:
            return _failure(f"there is no function {name!r}")
        if self.check_is_dangerous and (found := _DANGEROUS.search(code)):
            return _failure(f"function {name!r} is dangerous: it uses {found[0]!r}")
        try:
            arguments = call_arguments(call)
        except ValueError as error:
            return _failure(str(error))
        outcome = run_code(
            path=file,
            function=name,
            kwargs=arguments,
            readable=[path] if path.is_dir() else [],
            limits=Limits(seconds=_SECONDS),
        )
        if not outcome.ok:
            return _failure(str(outcome.error))
        return FunctionResult(keep=True, execution_result=outcome.text)

    def _source_of(self, file: Path) -> str | None:
        if file not in self._sources:
            try:
                self._sources[file] = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                self._sources[file] = None
        return self._sources[file]


def _failure(reason: str) -> FunctionResult:
    return FunctionResult(keep=False, execution_result=reason)


def _source_of_function(source: str, name: str) -> str | None:
    """Returns the source of what defines a name at the top of a module; None if nothing does."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        # The message of the sandbox says where the error is.
        return source
    for node in reversed(body):
        code = ast.get_source_segment(source, node) or ""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if node.name == name:
                return code
        # An import or an assignment, perhaps under a condition.
        elif not isinstance(node, ast.Expr) and re.search(rf"\b{name}\b", code):
            return code
    return None
