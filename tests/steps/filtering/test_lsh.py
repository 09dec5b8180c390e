"""The index of `MinHashDedup`: how signatures are cut, and what the file on disk finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.steps.filtering.lsh import DiskIndex, best_bands


class Signature:
    def __init__(self, *values: int) -> None:
        self._values = values

    def digest(self) -> list[int]:
        return list(self._values)


@pytest.mark.parametrize(
    ("threshold", "num_perm", "bands"),
    # As datasketch 2.0 cuts them, so that thresholds mean what they meant in 1.5.3.
    [(0.9, 128, (5, 25)), (0.5, 128, (25, 5)), (0.8, 256, (17, 15)), (0.95, 64, (2, 32))],
)
def test_a_threshold_means_what_it_meant_in_1_5_3(
    threshold: float, num_perm: int, bands: tuple[int, int]
) -> None:
    assert best_bands(threshold, num_perm) == bands


def test_equal_texts_match_at_any_threshold() -> None:
    assert best_bands(1.0, 2) == (1, 2)


def test_a_signature_matches_one_that_shares_a_band(tmp_path: Path) -> None:
    index = DiskIndex(tmp_path / "made", bands=2, rows=2)
    first = [Signature(1, 2, 3, 4), Signature(1, 2, 9, 9), Signature(8, 8, 3, 4)]
    assert list(index.add(first)) == [True, False, False]
    # The same values at another place, and part of a band.
    others = [Signature(3, 4, 1, 2), Signature(1, 7, 7, 4), Signature(1, 2, 1, 2)]
    assert list(index.add(others)) == [True, True, False]
    index.close()
    assert list((tmp_path / "made").iterdir()) == []


def test_two_indexes_do_not_see_each_other(tmp_path: Path) -> None:
    indexes = [DiskIndex(tmp_path, bands=1, rows=2) for _ in range(2)]
    signature: Any = Signature(1, 2**32 - 1)
    assert [list(index.add([signature, signature])) for index in indexes] == [[True, False]] * 2
    for index in indexes:
        index.close()
