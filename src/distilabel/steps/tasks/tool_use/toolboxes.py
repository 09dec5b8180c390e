"""Toolboxes: where the tools of a conversation come from, and what answers a call."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.prompt_files import load_prompt

Tool = dict[str, Any]
"""A tool in the format of chat completions."""

_LONGEST_RESULT: Final = 20_000


class ToolError(Exception):
    """Raised when a call fails; the model is told the message."""


class Toolbox(Protocol):
    """Tools, and what answers their calls."""

    @property
    def tools(self) -> Sequence[Tool]:
        """The tools, in the format of chat completions."""
        ...

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Returns the result of a call as text.

        Raises:
            ToolError: The call fails.
        """
        ...


class SimulatedTools:
    """Tools whose results a model writes.

    Args:
        tools: The tools.
        ask: Asks the model with a prompt, and returns its text.
    """

    def __init__(self, tools: Sequence[Tool], ask: Callable[[Any], Awaitable[str | None]]) -> None:
        self.tools = tools
        self._ask = ask
        self._earlier: list[tuple[str, str, str]] = []

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Asks the model for the result, with the earlier results in view."""
        tool = next(tool["function"] for tool in self.tools if tool["function"]["name"] == name)
        lacking = [key for key in _required(tool) if key not in arguments]
        if lacking:
            raise ToolError(f"missing arguments: {', '.join(lacking)}")
        written = json.dumps(arguments, ensure_ascii=False)
        prompt = load_prompt("tool_use/simulated_result.jinja2").render(
            tool=json.dumps(tool, ensure_ascii=False, indent=2),
            earlier=self._earlier,
            name=name,
            arguments=written,
        )
        result = await self._ask([{"role": "user", "content": prompt.strip()}])
        if not result:
            raise ToolError("the tool returned nothing")
        self._earlier.append((name, written, result))
        return result


def _required(tool: dict[str, Any]) -> list[str]:
    required = (tool.get("parameters") or {}).get("required")
    return required if isinstance(required, list) else []


class FunctionTools:
    """Tools that are Python functions of the user, which run in this process.

    Args:
        functions: Functions with type annotations and a docstring.
    """

    def __init__(self, functions: Sequence[Callable[..., Any]]) -> None:
        self.tools = [describe_function(function) for function in functions]
        self._functions = {function.__name__: function for function in functions}

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Calls the function with arguments that fit its annotations."""
        from pydantic import ValidationError, validate_call

        function = self._functions[name]
        try:
            if inspect.iscoroutinefunction(function):
                result = await validate_call(function)(**arguments)
            else:
                result = await asyncio.to_thread(validate_call(function), **arguments)
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
            )
            raise ToolError(wrong) from error
        except Exception as error:
            raise ToolError(f"{type(error).__name__}: {error}") from error
        return result_text(result)


def describe_function(function: Callable[..., Any]) -> Tool:
    """Describes a function as a tool, from its signature and its docstring.

    Args:
        function: The function.

    Raises:
        DistilabelUserError: If a parameter has no schema.
    """
    from pydantic import PydanticUserError, TypeAdapter

    from distilabel.utils.docstring import parse_google_docstring

    adapter: Any = TypeAdapter
    try:
        schema = adapter(function).json_schema()
    except (PydanticUserError, TypeError) as error:
        raise DistilabelUserError(
            f"function {function.__name__!r} cannot be a tool: {error}. Annotate its parameters "
            "with types that JSON has."
        ) from error
    parsed = parse_google_docstring(function)
    for name, text in (parsed.get("args") or {}).items():
        if name in schema.get("properties", {}):
            schema["properties"][name]["description"] = text
    description = " ".join(str(parsed["short_description"]).split())
    return {
        "type": "function",
        "function": {"name": function.__name__, "description": description, "parameters": schema},
    }


class McpTools:
    """Tools of an MCP server.

    Args:
        session: Session of the package `mcp`, initialized.
        tools: Its tools.
    """

    def __init__(self, session: Any, tools: Sequence[Tool]) -> None:
        self.tools = tools
        self._session = session

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Calls the tool on the server."""
        result = await self._session.call_tool(name, arguments)
        texts = [getattr(part, "text", None) or f"<{part.type}>" for part in result.content]
        text = "\n".join(texts)[:_LONGEST_RESULT]
        if getattr(result, "is_error", getattr(result, "isError", False)):
            raise ToolError(text or "the tool failed")
        return text


@asynccontextmanager
async def mcp_tools(command: Sequence[str], subject: str) -> AsyncIterator[McpTools]:
    """Starts an MCP server that speaks over its standard input and output.

    Args:
        command: The program and its arguments.
        subject: Who needs it, for an error.

    Yields:
        Its tools. The server ends afterwards.

    Raises:
        ImportError: The package `mcp` is not installed.
    """
    mcp = import_extra("mcp", extra="mcp", subject=subject)
    stdio = import_extra("mcp.client.stdio", extra="mcp", subject=subject)
    parameters = mcp.StdioServerParameters(command=command[0], args=list(command[1:]))
    async with (
        stdio.stdio_client(parameters) as (reading, writing),
        mcp.ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        listed = await session.list_tools()
        yield McpTools(session, [_from_mcp(tool) for tool in listed.tools])


def _from_mcp(tool: Any) -> Tool:
    schema = getattr(tool, "input_schema", None) or getattr(tool, "inputSchema", None)
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description or "",
            "parameters": schema or {"type": "object", "properties": {}},
        },
    }


def result_text(result: Any) -> str:
    """Returns what a tool returned as text: a text as it is, other values as JSON.

    Args:
        result: What it returned.
    """
    if isinstance(result, str):
        return result[:_LONGEST_RESULT]
    return json.dumps(result, ensure_ascii=False, default=str)[:_LONGEST_RESULT]
