"""Protects the figures that the page about measuring judges writes behind its examples."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parent.parent.parent / "docs" / "quality.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"#.*?(-?\d+(?:\.\d+)?)(?: \[(\d\.\d+), (\d\.\d+)\])?")


def test_the_figures_behind_the_examples_are_those_of_the_code() -> None:
    checked = 0
    for code in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        names: dict[str, Any] = {"__name__": "__main__"}
        lines = code.splitlines()
        for node in ast.parse(code).body:
            figure = _FIGURE.search(lines[node.lineno - 1])
            if isinstance(node, ast.Expr) and figure and not lines[node.lineno - 1].startswith("#"):
                value = node.value
                if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "print":
                    value = value.args[0]
                found = eval(compile(ast.Expression(value), str(PAGE), "eval"), names)
                assert float(found) == pytest.approx(float(figure[1]), abs=5e-4), ast.unparse(node)
                if figure[2]:
                    ends = [float(figure[2]), float(figure[3])]
                    assert [found.low, found.high] == pytest.approx(ends, abs=5e-4)
                checked += 1
            else:
                part = ast.Module([node], [])
                exec(compile(part, str(PAGE), "exec"), names)
    assert checked >= 7
