"""Protects measures as plain data: what is written is what is read."""

from __future__ import annotations

import json

from distilabel.quality.measures import Measures
from distilabel.quality.measuring import measure
from quality.gold_rows import judged, pair_gold


def test_measures_survive_json() -> None:
    items = judged(pair_gold(80, slice="poems"), 0.8)
    for orders in (1, 2):
        found = measure(items, orders=orders, resamples=20)
        assert Measures.from_dict(json.loads(json.dumps(found.to_dict()))) == found
