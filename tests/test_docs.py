"""Protects the pages: their Python examples run, their links and references lead somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

_BLOCK = re.compile(r"^```(\S+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_REFERENCE = re.compile(r"`([\w/]+\.py)(?::([\w.]+))?`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def _examples() -> Iterator[Any]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            language, mark, code = found.groups()
            if language == "python" and "notest" not in mark:
                line = text[: found.start()].count("\n") + 2
                yield pytest.param(page, line, code, id=f"{page.name}:{line}")


@pytest.mark.parametrize(("page", "line", "code"), list(_examples()))
def test_an_example_runs_as_it_stands(
    page: Path, line: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISTILABEL_CACHE_DIR", str(tmp_path / "cache"))
    # Empty lines before, so that a traceback names the line of the page.
    exec(compile("\n" * (line - 1) + code, str(page), "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_fragment_can_be_read_by_python(page: Path) -> None:
    for language, _, code in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            compile(code, str(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def _names_in(file: Path) -> set[str]:
    """The functions, classes and methods (`Class.method`) that a module defines."""
    names = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            names |= {f"{node.name}.{f.name}" for f in node.body if isinstance(f, functions)}
    return names


def test_the_code_that_the_architecture_page_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    references = set(_REFERENCE.findall(text))
    assert len(references) > 30
    source = ROOT / "src" / "distilabel"
    gone = [
        f"{path}:{name}" if name else path
        for path, name in sorted(references)
        if not any(
            file.is_file() and (not name or name in _names_in(file))
            for file in (source / path, ROOT / path)
        )
    ]
    assert not gone, gone
