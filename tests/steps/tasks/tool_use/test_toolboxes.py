"""Toolboxes: functions, simulated tools and MCP servers answer calls, or say why they cannot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, List, Literal

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.tool_use.toolboxes import (
    FunctionTools,
    SimulatedTools,
    ToolError,
    describe_function,
    mcp_tools,
)


def route(start: str, stops: List[str], by: Literal["car", "foot"] = "car") -> dict[str, Any]:
    """Finds a way.

    Args:
        start: Where it begins.
        stops: Where it leads.
    """
    if not stops:
        raise LookupError("no stops")
    return {"way": [start, *stops], "by": by}


async def wait(seconds: float) -> str:
    """Waits."""
    return f"waited {seconds}"


def test_a_function_is_described() -> None:
    function = describe_function(route)["function"]
    assert (function["name"], function["description"]) == ("route", "Finds a way.")
    properties = function["parameters"]["properties"]
    assert properties["start"]["description"] == "Where it begins."
    assert properties["by"]["enum"] == ["car", "foot"]
    assert function["parameters"]["required"] == ["start", "stops"]


def test_a_function_without_a_schema_is_refused() -> None:
    def odd(value: object()) -> None:  # type: ignore[valid-type]
        """Odd."""

    with pytest.raises(DistilabelUserError, match="'odd' cannot be a tool"):
        describe_function(odd)


async def test_functions_are_called() -> None:
    tools = FunctionTools([route, wait])
    result = await tools.call("route", {"start": "a", "stops": ["b"]})
    assert result == '{"way": ["a", "b"], "by": "car"}'
    assert await tools.call("wait", {"seconds": 1}) == "waited 1.0"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": "a", "stops": []}, "LookupError: no stops"),
        ({"stops": ["b"]}, "start: "),
        ({"start": "a", "stops": "b"}, "stops: Input should be a valid list"),
        ({"start": "a", "stops": ["b"], "speed": 1}, "speed: "),
        ({"start": "a", "stops": ["b"], "by": "boat"}, "by: "),
    ],
)
async def test_calls_that_fail_say_why(arguments: Any, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        await FunctionTools([route]).call("route", arguments)


async def test_simulated_tools_see_earlier_results() -> None:
    prompts: list[str] = []

    async def ask(prompt: Any) -> str | None:
        prompts.append(prompt[0]["content"])
        return f"result {len(prompts)}" if len(prompts) < 3 else None

    tools = SimulatedTools([describe_function(route)], ask)
    arguments = {"start": "a", "stops": ["b"]}
    assert await tools.call("route", arguments) == "result 1"
    assert await tools.call("route", arguments) == "result 2"
    assert 'route({"start": "a", "stops": ["b"]}) returned: result 1' in prompts[1]
    with pytest.raises(ToolError, match="returned nothing"):
        await tools.call("route", arguments)
    with pytest.raises(ToolError, match="missing arguments: stops"):
        await tools.call("route", {"start": "a"})
    assert len(prompts) == 3


async def test_tools_of_an_mcp_server_are_called() -> None:
    pytest.importorskip("mcp")
    command = [sys.executable, str(Path(__file__).with_name("mcp_server.py"))]
    async with mcp_tools(command, "test") as tools:
        assert [tool["function"]["name"] for tool in tools.tools] == ["add", "fail"]
        assert tools.tools[0]["function"]["parameters"]["required"] == ["a", "b"]
        assert await tools.call("add", {"a": 2, "b": 3}) == "5"
        with pytest.raises(ToolError, match="it failed"):
            await tools.call("fail", {"a": 2, "b": 3})


async def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(ImportError, match=r"ToolTrajectory: .*distilabel\[mcp\]"):
        async with mcp_tools(["server"], "ToolTrajectory"):
            pass
