"""What the APIGen tasks share: examples, fences around JSON, and the execution of one call."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import signal
import threading
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Dict, Final, List, Optional, TypedDict

import orjson

from distilabel.errors import DistilabelUserError
from distilabel.models.wire.reasoning import split_reasoning
from distilabel.steps.base import Step, StepInput
from distilabel.steps.column_checks import texts_in

if TYPE_CHECKING:
    from types import ModuleType

    from distilabel.typing import StepOutput

_FENCES: Final = re.compile(r"\A\s*```[\w-]*[ \t]*\r?\n?(.*?)\r?\n?[ \t]*```\s*\Z", re.DOTALL)
_JSON_FENCES: Final = re.compile(r"\A\s*```json[ \t]*\r?\n?(.*?)\r?\n?[ \t]*```\s*\Z", re.DOTALL)
_INNER_FENCE: Final = re.compile(r"```[\w-]*[ \t]*\r?\n(.*?)\r?\n?[ \t]*```", re.DOTALL)


class PrepareExamples(Step):
    r"""Turns lists of queries and answers into one text of examples for `APIGenGenerator`.

    Attributes:
        template: Text of one example, with the placeholders `{query}` and `{answers}`.

    Input columns:
        - query (str): List of queries.
        - answers (str): List of answers, one per query.

    Output columns:
        - examples (str): The examples, with an empty line between two. Other columns are dropped.

    Categories:
        - format

    Examples:
        Two examples:

        ```python
        from distilabel.steps.tasks.apigen.utils import PrepareExamples

        prepare = PrepareExamples()
        prepare.load()
        rows = next(prepare.process([{"query": ["q1", "q2"], "answers": ["a1", "a2"]}]))
        # [{"examples": "## Query:\nq1\n## Answers:\na1\n\n## Query:\nq2\n## Answers:\na2"}]
        ```
    """

    template: str = "## Query:\n{query}\n## Answers:\n{answers}"

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> List[str]:
        """`query` and `answers`."""
        return ["query", "answers"]

    @property
    def outputs(self) -> List[str]:
        """`examples`."""
        return ["examples"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Makes the text of examples of each row.

        Args:
            inputs: Input rows.

        Yields:
            Rows with `examples` only.

        Raises:
            DistilabelUserError: If the columns are not lists of texts of one length.
        """
        yield [{"examples": self._examples(row)} for row in inputs]

    def _examples(self, row: dict[str, Any]) -> str:
        queries, answers = texts_in(self, row, "query"), texts_in(self, row, "answers")
        if len(queries) != len(answers):
            raise DistilabelUserError(
                f"{self.name}: there are {len(queries)} queries and {len(answers)} answers. There "
                "must be one answer per query."
            )
        pairs = zip(queries, answers, strict=True)
        return "\n\n".join(self._example(str(query), str(answer)) for query, answer in pairs)

    def _example(self, query: str, answer: str) -> str:
        # Not `str.format`: JSON in the template would count as placeholders.
        texts = {"{query}": query, "{answers}": answer}
        return re.sub(r"\{query\}|\{answers\}", lambda found: texts[found[0]], self.template)


class FunctionResult(TypedDict):
    """What became of a call.

    Attributes:
        keep: Whether it succeeded.
        execution_result: What it returned, or what went wrong.
    """

    keep: bool
    execution_result: str


def load_module_from_path(path: str) -> ModuleType:
    """Imports a Python file as a module. Its code runs in this process.

    Args:
        path: Path of the file.

    Raises:
        DistilabelUserError: If there is no such Python file.
    """
    spec = importlib.util.spec_from_file_location("library_of_functions", path)
    if spec is None or spec.loader is None:
        raise DistilabelUserError(f"{path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call_arguments(call: Any) -> dict[str, Any]:
    """Returns the arguments of a call; texts that are Python literals become their values.

    Args:
        call: `{"name": ..., "arguments": {...}}`.

    Raises:
        ValueError: If the arguments are not an object.
    """
    arguments = call.get("arguments") if isinstance(call, dict) else None
    if isinstance(arguments, str):
        arguments = parse_json(arguments)
    if not isinstance(arguments, dict):
        raise ValueError("the arguments are not a JSON object")
    return {str(name): _literal(value) for name, value in arguments.items()}


def _literal(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        literal = ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value
    # Only what JSON knows: a call is sent to another process.
    return (
        literal if isinstance(literal, (int, float, bool, list, dict, str, type(None))) else value
    )


def execute_from_response(
    function: Callable[..., Any], call_answer: Optional[Dict[str, Any]]
) -> FunctionResult:
    """Calls a function of this process with the arguments that a model wrote.

    The function is the caller's and is trusted. `APIGenExecutionChecker` runs functions in a
    sandbox instead.

    Args:
        function: The function.
        call_answer: Arguments by name; None for a call without an answer.

    Returns:
        Whether the call succeeded within 5 seconds, and what it returned.
    """
    if not call_answer:
        return FunctionResult(keep=False, execution_result="there is no call to execute")
    try:
        arguments = {name: _literal(value) for name, value in call_answer.items()}
        try:
            inspect.signature(function).bind(**arguments)
            result = run_function_with_timeout(lambda: function(**arguments), 5)
        except TypeError:
            result = run_function_with_timeout(function, 5, *arguments.values())
    except Exception as error:  # noqa: BLE001 (the function may raise anything)
        return FunctionResult(keep=False, execution_result=f"{type(error).__name__}: {error}")
    return FunctionResult(keep=True, execution_result=str(result))


def timeout_handler(signum: Any, frame: Any) -> None:
    """Handles the signal of an alarm.

    Args:
        signum: Number of the signal.
        frame: Frame that was interrupted.

    Raises:
        TimeoutError: Always.
    """
    raise TimeoutError("the function took too long")


def run_function_with_timeout(function: Callable[..., Any], timeout: int = 5, *args: Any) -> Any:
    """Calls a function and stops it after some time.

    Only in the main thread can a function be stopped; elsewhere it runs to its end.

    Args:
        function: The function.
        timeout: Seconds it may take.
        args: Its arguments.

    Returns:
        What it returned.

    Raises:
        TimeoutError: If it took longer.
    """
    if threading.current_thread() is not threading.main_thread():
        return function(*args)
    before = signal.signal(signal.SIGALRM, timeout_handler)
    signal.alarm(timeout)
    try:
        return function(*args)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def remove_fences(text: str) -> str:
    """Removes a code fence of three backticks around a text, of any language.

    Args:
        text: Text of a model.
    """
    found = _FENCES.match(text)
    return found[1] if found else text


def remove_json_fences(text: str) -> str:
    """Removes a code fence marked `json` around a text.

    Args:
        text: Text of a model.
    """
    found = _JSON_FENCES.match(text)
    return found[1] if found else text


def parse_json(text: str) -> Any:
    """Returns the JSON list or object that a model wrote; None if there is none.

    It may stand behind reasoning, in a code fence, or among other words.

    Args:
        text: Text of a model.
    """
    answer = (split_reasoning(text)[1] or "").strip()
    candidates = [answer, remove_fences(answer)]
    if inner := _INNER_FENCE.search(answer):
        candidates.append(inner[1])
    starts = [place for place in (answer.find("["), answer.find("{")) if place >= 0]
    for start in sorted(starts):
        end = answer.rfind("]" if answer[start] == "[" else "}")
        candidates.append(answer[start : end + 1])
    for candidate in candidates:
        try:
            found = orjson.loads(candidate)
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, (list, dict)):
            return found
    return None
