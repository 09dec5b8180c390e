"""Protects the log: it has what happened, and no key."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, SecretStr

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.pipeline import Pipeline
from rooms import Ask, Echo, Fn, Numbers

KEY = "sk-very-secret-0123456789"


class Keyed(Echo):
    api_key: RuntimeParameter[SecretStr] = Field(default=SecretStr(KEY))


def test_no_key_in_any_file_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISTILABEL_LOG_LEVEL", "DEBUG")
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=5) >> Ask(name="ask", llm=Keyed(fails_on=["1"]))
    pipeline.run(parameters={"ask": {"llm": {"api_key": KEY}}})
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert KEY.encode() not in file.read_bytes(), file
    out, err = capfd.readouterr()
    assert KEY not in out + err


def test_failures_are_logged_with_their_step(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Ask(name="ask", llm=Echo(fails_on=["1"]))
    distiset = pipeline.run()
    assert distiset.log_filename_path is not None
    log = distiset.log_filename_path.read_text()
    assert "ask: row 1 failed" in log
    assert "cannot answer 1" in log


def test_many_failures_of_one_step_do_not_hide_those_of_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Numbers(count=20)
        load >> Ask(name="many", llm=Echo(fails_on=[str(n) for n in range(20)]))
        load >> Ask(name="few", llm=Echo(fails_on=["19"]))
    distiset = pipeline.run()
    told = capsys.readouterr().err
    assert told.count("many: row") == 5
    assert "few: row 19 failed" in told
    assert f"More messages like this are in {distiset.log_filename_path}" in told


@pytest.mark.parametrize(
    ("level", "in_file", "in_terminal"),
    [
        ("DEBUG", {"DEBUG", "INFO", "WARNING"}, {"DEBUG", "INFO", "WARNING"}),
        ("INFO", {"INFO", "WARNING"}, {"WARNING"}),
        ("ERROR", set[str](), set[str]()),
        ("LOUD", {"INFO", "WARNING"}, {"WARNING"}),
    ],
)
def test_the_level_decides_what_is_written_and_a_wrong_one_is_info(
    level: str,
    in_file: set[str],
    in_terminal: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DISTILABEL_LOG_LEVEL", level)

    def says(rows: Any) -> Any:
        log = logging.getLogger("distilabel.step.says")
        for name in ("debug", "info", "warning"):
            getattr(log, name)("said as %s", name.upper())
        return rows

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Fn(name="says", function=says)
    distiset = pipeline.run()
    assert distiset.log_filename_path is not None
    written = distiset.log_filename_path.read_text()
    shown = capfd.readouterr().err
    for text, expected in ((written, in_file), (shown, in_terminal)):
        assert {
            name for name in ("DEBUG", "INFO", "WARNING") if f"said as {name}" in text
        } == expected


class Painted(Echo):
    """Fails with the text of a server that paints the terminal, as an exception of any kind."""

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        raise RuntimeError("\x1b[2J\x1b]0;title\x07 [red]nul\x00 \u202eevil 👩‍🔬 né")


def test_text_of_servers_and_names_of_pipelines_do_not_command_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> Ask(name="ask", llm=Painted())
    pipeline.name = "p\x1b[31m"
    distiset = pipeline.run()
    assert distiset.log_filename_path is not None
    out, err = capfd.readouterr()
    assert distiset.report is not None
    for text in (out, err, distiset.log_filename_path.read_text(), str(distiset.report)):
        assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(text)
    assert r"\x1b[2J\x1b]0;title\x07 [red]nul\x00 \u202eevil 👩‍🔬 né" in err
