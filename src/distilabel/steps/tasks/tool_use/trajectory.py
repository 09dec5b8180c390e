"""`ToolTrajectory`: a model solves a task with tools, in several rounds."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Dict, Final, List, Optional, Self

from pydantic import PositiveInt, model_validator

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.tool_use.toolboxes import (
    FunctionTools,
    SimulatedTools,
    Toolbox,
    ToolError,
    mcp_tools,
)
from distilabel.steps.tasks.verifiable.verifiers import VERIFIERS

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_COLUMNS: Final = ("messages", "tools", "tool_calls", "tool_errors", "finished", "passed")


class ToolTrajectory(Task):
    """Lets a model solve a task with tools, and keeps the whole conversation.

    In each round the model calls tools or answers. The calls are answered by a model that stands in
    for the tools (`tools`, or the column of that name), by Python functions of yours (`functions`,
    which run in this process), or by an MCP server (`mcp_command`, started for each row;
    `pip install 'distilabel[mcp]'`). A call that fails is told to the model, which may try again.

    The model needs the generation argument `tools`. Functions and servers are called again when a
    run is repeated, even if all answers of the model are stored.

    Attributes:
        tools: Tools in the format of chat completions, whose results the model itself makes up.
        functions: Python functions with annotations and docstrings.
        mcp_command: Program and arguments of an MCP server.
        max_rounds: Most answers of the model in a conversation.
        system_prompt: System prompt; None for none.
        verifier: Verifier that compares the last answer with `ground_truth`; see `PassRate`.

    Input columns:
        - instruction (str): The task.
        - tools (List[dict], optional): Tools of the row; they override the attribute.
        - ground_truth (Any, optional): Right answer.

    Output columns:
        - messages (List[dict]): The conversation, with `tool_calls` and messages of the role
            `tool`, in the format of chat completions.
        - tools (List[dict]): The tools, in the same format.
        - tool_calls (int): How many calls there were.
        - tool_errors (int): How many of them failed.
        - finished (bool): Whether the model answered within `max_rounds`.
        - passed (bool): Whether the answer is right; None without a ground truth.
        - model_name (str): Name of the model.

    Categories:
        - text-generation

    References:
        - [ToolLLM: Facilitating Large Language Models to Master 16000+ Real-world APIs](https://arxiv.org/abs/2307.16789)
        - [Model Context Protocol](https://modelcontextprotocol.io)

    Citations:
        ```bibtex
        @misc{qin2023toolllmfacilitatinglargelanguage,
            title={ToolLLM: Facilitating Large Language Models to Master 16000+ Real-world APIs},
            author={Yujia Qin and Shihao Liang and Yining Ye and Kunlun Zhu and Lan Yan and Yaxi Lu and Yankai Lin and Xin Cong and Xiangru Tang and Bill Qian and Sihan Zhao and Lauren Hong and Runchu Tian and Ruobing Xie and Jie Zhou and Mark Gerstein and Dahai Li and Zhiyuan Liu and Maosong Sun},
            year={2023},
            eprint={2307.16789},
            archivePrefix={arXiv},
            primaryClass={cs.AI},
            url={https://arxiv.org/abs/2307.16789},
        }
        ```

    Examples:
        With a Python function:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import ToolTrajectory

        def population(city: str) -> int:
            \"\"\"Returns the number of inhabitants of a city.\"\"\"
            return len(city) * 100_000

        task = ToolTrajectory(llm=SimulatedLLM(), functions=[population])
        task.load()
        rows = next(task.process([{"instruction": "How many people live in Lima?"}]))
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    tools: Optional[List[Dict[str, Any]]] = None
    functions: Optional[List[Callable[..., Any]]] = None
    mcp_command: Optional[List[str]] = None
    max_rounds: PositiveInt = 6
    system_prompt: Optional[str] = None
    verifier: str = "text"

    _reads_behind_reasoning: ClassVar[bool] = True

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        sources = [bool(each) for each in (self.tools, self.functions, self.mcp_command)]
        if sum(sources) > 1:
            raise DistilabelUserError(
                f"{type(self).__name__}: only one of tools, functions and mcp_command can be used."
            )
        if self.verifier not in VERIFIERS:
            raise DistilabelUserError(
                f"{type(self).__name__}: verifier is {self.verifier!r}. It must be one of "
                f"{', '.join(VERIFIERS)}."
            )
        if self.functions:
            FunctionTools(self.functions)
        return self

    @property
    def inputs(self) -> StepColumns:
        """`instruction`, and optionally `tools` and `ground_truth`."""
        own = bool(self.tools or self.functions or self.mcp_command)
        return {"instruction": True, "tools": not own, "ground_truth": False}

    @property
    def outputs(self) -> List[str]:
        """The conversation, its tools, what became of the calls, and `model_name`."""
        return [*_COLUMNS, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the beginning of the conversation.

        Args:
            input: Input row.

        Returns:
            The instruction, after the system prompt if there is one.

        Raises:
            DistilabelUserError: If the instruction is not a text.
        """
        user: ChatType = [{"role": "user", "content": text_in(self, input, "instruction")}]
        if self.system_prompt:
            return [{"role": "system", "content": self.system_prompt}, *user]
        return user

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the output columns of a row that failed, all None.

        Args:
            output: Unused, because a conversation consists of several answers.
            input: Input row.

        Returns:
            The output columns.
        """
        return dict.fromkeys(_COLUMNS)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Holds the conversation of one row.

        Args:
            row: Row with the instruction.
            ask: Asks the model one question.

        Returns:
            A list of one row.

        Raises:
            AnswerError: If the model neither answers nor calls a tool.
            DistilabelUserError: If a column does not hold what it must.
        """
        if row.get("tools") is None and (self.functions or self.mcp_command):
            # Stored answers are replayed without waiting; then no function may be called yet.
            await asyncio.sleep(0)
            if self.functions:
                return [await self._converse(row, FunctionTools(self.functions), ask)]
            async with mcp_tools(self.mcp_command or [], type(self).__name__) as toolbox:
                return [await self._converse(row, toolbox, ask)]
        tools = row.get("tools") or self.tools
        _check_tools(self, tools)

        async def answer_call(prompt: Any) -> str | None:
            output = await ask(prompt)
            return output["generations"][0] if output["generations"] else None

        return [await self._converse(row, SimulatedTools(tools or [], answer_call), ask)]

    async def _converse(self, row: Row, toolbox: Toolbox, ask: Ask) -> Row:
        messages: List[Any] = list(self.format_input(row))
        known = {tool["function"]["name"] for tool in toolbox.tools}
        statistics: dict[str, list[Any]] = {}
        called = errors = 0
        text: str | None = None
        for _ in range(self.max_rounds):
            output: Any = await ask(list(messages), 1, tools=list(toolbox.tools))
            for name, counts in (output.get("statistics") or {}).items():
                statistics.setdefault(name, []).extend(counts)
            text = output["generations"][0] if output["generations"] else None
            calls = (output.get("tool_calls") or [None])[0] or []
            if not calls and text is None:
                raise AnswerError(
                    f"{self.name}: the model neither answered nor called a tool.",
                    has_no_text=True,
                )
            message: dict[str, Any] = {"role": "assistant", "content": text}
            messages.append({**message, "tool_calls": calls} if calls else message)
            if not calls:
                break
            # One after another: a later call may build on what an earlier one changed.
            for call in calls:
                result, failed = await _answer(toolbox, known, call)
                called, errors = called + 1, errors + failed
                messages.append({"role": "tool", "tool_call_id": call.get("id"), "content": result})
        finished = messages[-1]["role"] == "assistant"
        metadata = dict(row.get(DISTILABEL_METADATA_KEY) or {})
        if statistics:
            metadata[f"statistics_{self.name}"] = statistics
        return {
            **row,
            "messages": messages,
            "tools": list(toolbox.tools),
            "tool_calls": called,
            "tool_errors": errors,
            "finished": finished,
            "passed": await self._verdict(row, text if finished else None),
            "model_name": self.llm.model_name,
            DISTILABEL_METADATA_KEY: metadata,
        }

    async def _verdict(self, row: Row, answer: str | None) -> bool | None:
        truth = row.get("ground_truth")
        if truth is None:
            return None
        if answer is None:
            return False
        verify = VERIFIERS[self.verifier]
        if self.verifier == "code":
            return await asyncio.to_thread(verify, answer, truth)
        return verify(answer, truth)


async def _answer(toolbox: Toolbox, known: set[str], call: Any) -> tuple[str, bool]:
    """Returns the result of a call for the model, and whether it failed."""
    function = call.get("function") or {}
    name = function.get("name")
    try:
        if name not in known:
            raise ToolError(f"there is no tool {name!r}; the tools are {', '.join(sorted(known))}")
        try:
            arguments = json.loads(function.get("arguments") or "{}")
        except (ValueError, RecursionError) as error:
            raise ToolError(f"the arguments are not valid JSON: {error}") from error
        if not isinstance(arguments, dict):
            raise ToolError("the arguments are not a JSON object")
        return await toolbox.call(name, arguments), False
    except ToolError as error:
        return json.dumps({"error": str(error)}, ensure_ascii=False), True


def _check_tools(task: Any, tools: Any) -> None:
    is_right = isinstance(tools, list) and bool(tools)
    for tool in tools if isinstance(tools, list) else []:
        function = tool.get("function") if isinstance(tool, dict) else None
        is_right &= isinstance(function, dict) and isinstance(function.get("name"), str)
    if not is_right:
        raise DistilabelUserError(
            f"{task.name}: the tools must be a list of at least one "
            '{"type": "function", "function": {"name": ..., "parameters": {...}}}.'
        )
