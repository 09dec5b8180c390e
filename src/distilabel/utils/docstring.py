"""Parses Google-style docstrings into their sections."""

from __future__ import annotations

import inspect
import re
from typing import Any, Callable, Final

_SECTIONS: Final = (
    "Args",
    "Returns",
    "Raises",
    "Attributes",
    "Runtime parameters",
    "Input columns",
    "Output columns",
    "Categories",
    "Icon",
    "References",
    "Examples",
    "Note",
    "Citations",
)
_HEADING: Final = re.compile(rf"^({'|'.join(_SECTIONS)}):\s*$")
_ENTRY: Final = re.compile(r"^(?:- )?`?(\*{0,2}[\w-]+)`?\s*(?:\(([^)]*)\))?:\s*(.*)$")
_NAMED: Final = ("args", "attributes", "runtime_parameters", "raises")


def _entries(lines: list[str]) -> dict[str, tuple[str, str]]:
    """Parses entries `name (type): text`, each with the indented lines below it.

    Returns:
        Name → (type, text); the type is empty if there is none.
    """
    found: dict[str, tuple[str, str]] = {}
    name = ""
    for line in inspect.cleandoc("\n".join(["", *lines])).splitlines():
        match = None if line.startswith((" ", "\t")) else _ENTRY.match(line)
        if match:
            name = match[1]
            found[name] = (match[2] or "", match[3].strip())
        elif name and line.strip():
            kind, text = found[name]
            found[name] = (kind, f"{text} {line.strip()}".strip())
    return found


def _links(lines: list[str]) -> dict[str, str]:
    return dict(re.findall(r"\[(.+?)\]\((\S+?)\)", "\n".join(lines)))


def _fenced(lines: list[str]) -> list[str]:
    blocks = re.findall(r"```[\w+-]*\n(.*?)```", inspect.cleandoc("\n".join(["", *lines])), re.S)
    return [block.strip() for block in blocks]


def parse_google_docstring(func: Callable[..., Any]) -> dict[str, Any]:
    """Parses the docstring of a function or class.

    Args:
        func: Object with a docstring.

    Returns:
        `short_description`, `description`, and one key per section, in lower case with
        underscores. The values are name → text for arguments, attributes, runtime parameters and
        exceptions; name → (type, text) for columns; title → URL for references; a list of blocks
        for citations; a list of names for categories; and text for other sections.
    """
    doc = inspect.getdoc(func) or ""
    sections: dict[str, list[str]] = {"": []}
    current = ""
    for line in doc.splitlines():
        heading = _HEADING.match(line)
        if heading:
            current = heading[1].lower().replace(" ", "_")
            sections[current] = []
        else:
            sections[current].append(line)

    introduction = "\n".join(sections.pop("")).strip()
    short, _, rest = introduction.partition("\n\n")
    parsed: dict[str, Any] = {"short_description": short.strip(), "description": rest.strip()}
    for name, lines in sections.items():
        if name in _NAMED:
            parsed[name] = {key: text for key, (_, text) in _entries(lines).items()}
        elif name in ("input_columns", "output_columns"):
            parsed[name] = _entries(lines)
        elif name == "references":
            parsed[name] = _links(lines)
        elif name == "citations":
            parsed[name] = _fenced(lines)
        elif name == "categories":
            parsed[name] = [line.strip(" -") for line in lines if line.strip(" -")]
        else:
            parsed[name] = inspect.cleandoc("\n".join(["", *lines]))
    return parsed
