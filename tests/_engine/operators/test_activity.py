"""Work is counted while it runs and no longer, whatever ends it."""

from __future__ import annotations

import pytest

from distilabel._engine.operators.activity import Activity


def test_a_block_counts_until_it_is_left_also_by_an_error() -> None:
    idle: list[bool] = []
    activity = Activity(lambda: idle.append(activity.idle))
    with activity, activity:
        assert not activity.idle
    assert idle == [True]
    with pytest.raises(ValueError, match="broken"), activity:
        raise ValueError("broken")
    assert activity.idle
    assert idle == [True, True]


def test_a_pause_inside_a_block_does_not_count() -> None:
    idle: list[bool] = []
    activity = Activity(lambda: idle.append(activity.idle))

    def pause() -> None:
        with activity.paused:
            assert activity.idle
            raise ValueError("broken")

    with activity:
        with pytest.raises(ValueError, match="broken"):
            pause()
        assert not activity.idle
    assert idle == [True, True]
