"""Protects which recorded answer is found, and that a bad file names its line."""

from pathlib import Path

import pytest

from distilabel._simulated.answers.recorded_answers import RecordedAnswers


def test_an_answer_is_found_by_instruction_and_model() -> None:
    recorded = RecordedAnswers({"Say it.": {"big": "Big.", "org/small": "Small."}})
    assert recorded.find("Say it.", "big") == "Big."
    assert recorded.find("Say it.", "org/big") == "Big."
    assert recorded.find("Say it.", "org/small") == "Small."
    assert recorded.find("Say it.", "small") is None
    assert recorded.find("Say", "big") is None


def test_rows_of_one_instruction_are_merged(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        '{"instruction": "a", "outputs": {"m": "1"}}\n\n'
        '{"instruction": "a", "outputs": {"n": "2"}, "more": 1}\n'
    )
    recorded = RecordedAnswers.read(path)
    assert (recorded.find("a", "m"), recorded.find("a", "n")) == ("1", "2")


@pytest.mark.parametrize("line", ["{", "{}", "[]", '{"instruction": "a", "outputs": {"m": 1}}'])
def test_an_invalid_row_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"instruction": "a", "outputs": {}}\n' + line)
    with pytest.raises(ValueError, match=r"rows\.jsonl, line 2: .*Expected"):
        RecordedAnswers.read(path)
