"""Protects how answers are cut, stopped, spoiled and preceded by reasoning."""

from dataclasses import replace
from typing import Any

import pytest

from distilabel._simulated.answers.answer import Answer, answer_request
from distilabel._simulated.answers.recorded_answers import RecordedAnswers
from distilabel._simulated.answers.request import AnswerRequest


def request(*texts: str, **fields: Any) -> AnswerRequest:
    chats = [[{"role": "user", "content": text}] for text in texts or ("Explain tides.",)]
    return AnswerRequest(model="m", chats=chats, **fields)


def one(**fields: Any) -> Answer:
    (answer,) = answer_request(request(**fields), seed=0)
    return answer


def test_every_chat_gets_n_answers_in_order() -> None:
    answers = answer_request(request("a", "b", n=2), seed=0)
    assert answers == [
        *answer_request(request("a", n=2), seed=0),
        *answer_request(request("b", n=2), seed=0),
    ]
    assert len({answer.text for answer in answers}) == 4


def test_a_maximum_of_tokens_cuts_the_answer() -> None:
    answer = one(max_tokens=3)
    assert (answer.tokens, answer.finish_reason) == (3, "length")
    assert (one().text or "").startswith(answer.text or "-")


def test_the_first_stop_sequence_in_the_text_ends_it() -> None:
    whole = one().text or ""
    answer = one(stop=["zzz", ".", whole[:9]])
    assert (answer.text, answer.stop_sequence) == ("", whole[:9])


def test_a_recorded_answer_is_neither_cut_nor_stopped() -> None:
    recorded = RecordedAnswers({"Explain tides.": {"m": "It is. The moon."}})
    (answer,) = answer_request(request(max_tokens=1, stop=["."]), seed=0, recorded=recorded)
    assert answer == Answer("It is. The moon.")


def test_the_input_of_a_tool_validates_against_its_schema() -> None:
    tool = {"name": "t", "input_schema": {"const": {"n": 1}}}
    assert one(tool=tool, schema={"type": "null"}).text == '{"n":1}'


@pytest.mark.parametrize(
    ("fault", "text", "reason"),
    [
        ("empty", "", "stop"),
        ("null", None, "stop"),
        ("length", "ab", "length"),
        ("content_filter", "ab", "content_filter"),
        ("slow", "abcd", "stop"),
        (None, "abcd", "stop"),
    ],
)
def test_a_fault_changes_text_and_reason(fault: str | None, text: str | None, reason: str) -> None:
    assert Answer("abcd").with_fault(fault) == Answer(text, reason)


def test_reasoning_does_not_change_the_text() -> None:
    (answer,) = answer_request(request(), seed=0, reasoning="reasoning")
    assert answer.text == one().text
    assert answer.reasoning is not None
    assert answer.tokens == one().tokens + answer.reasoning_tokens


def test_reasoning_and_text_share_the_maximum_of_tokens() -> None:
    for maximum in (3, 30):
        (answer,) = answer_request(request(max_tokens=maximum), seed=0, reasoning="think")
        assert (answer.tokens, answer.finish_reason) == (maximum, "length")
    (short,) = answer_request(request(max_tokens=3), seed=0, reasoning="think")
    assert short.text is None


def test_tags_surround_the_reasoning_in_the_text() -> None:
    answer = Answer("So.", reasoning="Hm.", reasoning_form="think")
    assert answer.text_with_reasoning == "<think>\nHm.\n</think>\n\nSo."
    end = replace(answer, reasoning_form="think_end")
    assert end.text_with_reasoning == "Hm.\n</think>\n\nSo."
    assert replace(answer, text=None).text_with_reasoning == "<think>\nHm."
