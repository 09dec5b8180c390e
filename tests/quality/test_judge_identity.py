"""Protects the identity of judges: any change is seen, and named."""

from __future__ import annotations

from distilabel.quality.judge_identity import JudgeIdentity


def test_a_change_is_named_with_what_it_was() -> None:
    one = JudgeIdentity({"model": "1", "prompt": "2", "orders": "3"}, {"model": "large"})
    other = JudgeIdentity({"model": "4", "prompt": "5", "orders": "3"}, {"model": "small"})
    assert other.moved_from(one) == ["the model (large -> small)", "the prompt"]
    assert one.moved_from(one) == []
    assert one.id != other.id
    assert JudgeIdentity.from_dict(one.to_dict()) == one


def test_the_order_of_parts_does_not_matter() -> None:
    assert JudgeIdentity({"a": "1", "b": "2"}, {}).id == JudgeIdentity({"b": "2", "a": "1"}, {}).id


def test_a_part_that_is_gone_has_moved() -> None:
    assert JudgeIdentity({}, {}).moved_from(JudgeIdentity({"jury": "1"}, {})) == ["the jury"]
