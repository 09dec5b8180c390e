"""A judge that knows what people said, and is right as often as wanted."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from distilabel.models.llms.base import AsyncLLM
from distilabel.pipeline import Pipeline
from distilabel.quality.gold import Gold, gold_of
from distilabel.quality.judge_identity import JudgeIdentity
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import PairwiseJudge

_TEXT = re.compile(r"better=(\d\d|no)")


class KnowingJudge(AsyncLLM):
    """Reads in the answers which is better, and is wrong about a share of the pairs.

    Attributes:
        name: Its name.
        right: Share of the calls in which it says what people said.
        first: Share of the calls in which it picks the answer that is shown first.
    """

    name: str = "knowing"
    right: float = 1.0
    first: float = 0.0
    _calls: list[str] = PrivateAttr(default_factory=list)

    @property
    def model_name(self) -> str:
        return self.name

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        text = str(input)
        self._calls.append(text)
        number = int(hashlib.blake2b(f"{self.name} {text}".encode()).hexdigest()[:8], 16) / 2**32
        good = [found == "01" for found in _TEXT.findall(text)]
        verdict = "tie" if good[0] == good[1] else "A" if good[0] else "B"
        if number >= self.right:
            verdict = "A" if number < self.right + self.first else "AB"[int(number * 1e6) % 2]
        return {"generations": [f"Verdict: {verdict}"], "statistics": {}}


def records(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Pairs of people's labels, whose answers tell the knowing judge which is better."""
    found = []
    for row in range(count):
        label = ("tie", 0, 1, 0, 1, 1, 0)[row * 5 % 7]
        texts = [
            f"better={'01' if label == side else '00'} " + "x" * ((row * (side + 3)) % 97)
            for side in (0, 1)
        ]
        found.append(
            {
                "id": f"item {row}",
                "instruction": f"Instruction {row}",
                "generations": texts,
                "label": label,
                "annotator": "ada",
                "split": "test" if row % 3 else "fit",
                **fields,
            }
        )
    return found


def knowing_gold(count: int = 240) -> Gold:
    return gold_of(records(count), "gold.jsonl")


def judging(cache: Path, *after: Any, llm: Any = None, **fields: Any) -> Pipeline:
    """A pipeline that judges two pairs, and has more steps after the judge."""
    rows = [{k: r[k] for k in ("instruction", "generations")} for r in records(7)]
    with Pipeline(name="judging", cache_dir=cache) as pipeline:
        step: Any = LoadDataFromDicts(name="pairs", data=rows)
        judge = PairwiseJudge(name="judge", llm=llm or KnowingJudge(), **fields)
        step >> judge
        step = judge
        for make in after:
            step = step >> make()
    return pipeline


def identity_of(pipeline: Pipeline) -> JudgeIdentity:
    from distilabel.steps.judging.judge_parts import judge_identity

    return judge_identity(pipeline._steps["judge"])
