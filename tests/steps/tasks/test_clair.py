"""`CLAIR`: the reasoning and the revision, behind any writing of their markers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.clair import CLAIR
from judge_variants import check, line_ends, random_texts, refuses, wrapped

ROW = {"task": "TTT {{ x }}", "student_solution": "SSS"}
MARKERS = [
    "{{{u}}}: {t}",
    "{{{u}}}:\n{t}",
    "{{{u}}}\n{t}",
    "{{{u}}} {t}",
    "**{{{u}}}:** {t}",
    "**{{{u}}}**: {t}",
    "## {{{u}}}:\n{t}",
    "`{{{u}}}`: {t}",
    "{{{w}}}: {t}",
    "**{w}:** {t}",
    "**{w}**: {t}",
    "### {w}\n{t}",
    "### **{w}**\n\n{t}",
    "{w}: {t}",
    "{w}:\n{t}",
    "{u}: {t}",
    "1. **{w}:** {t}",
]


def marked(marker: str, name: str, text: str) -> str:
    return marker.format(u=name, w=name.replace("_", " ").title(), t=text)


def cases() -> Iterator[tuple[str, Any]]:
    for first, second, kind in itertools.product(MARKERS, MARKERS, ["corrected", "worsened"]):
        expected = {"revision": "better\n\n**4** owls", "rational": "because"}
        answer = (
            marked(first, "teacher_reasoning", "because")
            + "\n\n"
            + marked(second, f"{kind}_student_solution", "better\n\n**4** owls")
        )
        yield answer, expected
    for marker in MARKERS:
        text = marked(marker, "corrected_student_solution", "better")
        for answer in wrapped(f"because\n\n{text}"):
            yield answer, {"revision": "better", "rational": "because"}
        for answer in line_ends(text):
            yield answer, {"revision": "better", "rational": ""}
    yield (
        "because **Corrected Student Solution:** better",
        {
            "revision": "better",
            "rational": "because",
        },
    )


def test_every_writing_of_the_markers_is_read(scripted: Any) -> None:
    check(CLAIR(llm=scripted()).format_output, cases(), at_least=800)


def test_without_a_marker_there_is_no_revision(scripted: Any) -> None:
    task = CLAIR(llm=scripted())
    texts = ["", "nothing", "{teacher_reasoning}: because", "a corrected student solution is best"]
    texts += ["because\n{corrected_student_solution}:", "<think>{corrected_student_solution}: x"]
    refuses(task.format_output, texts)
    assert task._is_unusable(task.format_output("nothing"))
    assert task.format_output(None) == {"revision": None, "rational": None}


def test_nothing_but_an_error_that_it_cannot_be_read_is_raised(scripted: Any) -> None:
    task = CLAIR(llm=scripted())
    for text in random_texts(["{corrected_student_solution}: ", "{teacher_reasoning}", "x "]):
        try:
            found = task.format_output(text)
        except ValueError:
            continue
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        assert found["revision"] is None or found["revision"] in lines or "```" in lines


def test_the_prompt_has_the_texts_and_the_markers(scripted: Any) -> None:
    task = CLAIR(llm=scripted(), system_prompt="system")
    system, user = task.format_input(ROW)
    assert system == {"role": "system", "content": "system"}
    shown = str(user["content"])
    order = ["{task}:\nTTT {{ x }}\n", "{student_solution}:\nSSS\n", "\n{teacher_reasoning}: <"]
    places = [shown.index(part) for part in [*order, "\n{corrected_student_solution}: <"]]
    assert places == sorted(places)
    with pytest.raises(DistilabelUserError, match="'student_solution' contains None"):
        task.format_input({**ROW, "student_solution": None})


def test_the_simulated_teacher_revises_the_solution() -> None:
    task = CLAIR(llm=SimulatedLLM())
    task.load()
    (row,) = next(task.process([ROW]))
    assert row["revision"].startswith("SSS ")
    assert row["rational"].startswith("The part about")
