"""`distilabel review`: the data that opens, the file beside it, and the export."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from distilabel.cli.app import app
from distilabel.review.server.handle import ReviewServer
from reviewing import Desk, in_memory, preference_rows, write_parts

ROWS = preference_rows(6)


def _run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["review", *args])
    return result.exit_code, result.output


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the command as Ctrl-C does."""

    def interrupt(server: ReviewServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ReviewServer, "wait", interrupt)


def test_a_folder_opens_and_the_answers_are_beside_it(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", ROWS)
    code, output = _run(str(data), "--no-open", "--annotator", "ada")
    assert code == 0, output
    assert "Review: http://127.0.0.1:" in output
    assert "ada: http://127.0.0.1:" in output
    assert (data / "review.sqlite").is_file()


def test_options_may_come_first(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", ROWS)
    file = tmp_path / "other.sqlite"
    code, output = _run("--no-open", "--file", str(file), str(data))
    assert code == 0, output
    assert file.is_file()


def test_the_export(tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", ROWS)
    desk = Desk(data / "review.sqlite", in_memory(ROWS))
    desk.answer(desk.ids.bind({1: ROWS[1]})[1], 0)
    desk.file.close()
    output = tmp_path / "out.jsonl"
    code, text = _run("export", str(data), str(output))
    assert (code, text.split()[:2]) == (0, ["1", "rows"])
    assert '"human_choice":0' in output.read_text()


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (["missing/folder"], "does not exist"),
        (["20200101-000000-aaaa"], "No run"),
        (["export", ".", "out.csv"], "must end in .parquet or .jsonl"),
    ],
)
def test_errors(tmp_path: Path, args: list[str], error: str) -> None:
    code, output = _run(*args, "--cache-dir", str(tmp_path))
    assert code == 1
    assert error in output
