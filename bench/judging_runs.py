"""The proofs about judges that run pipelines or processes: staleness, and the time to import."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from distilabel.errors import DistilabelUserError
from distilabel.models.llms.base import AsyncLLM
from distilabel.pipeline import Pipeline
from distilabel.pipeline.calibrating import calibrate
from distilabel.quality.gold import Gold
from distilabel.quality.verdict_forms import swapped
from distilabel.steps import KeepJudged, LoadDataFromDicts
from distilabel.steps.tasks import PairwiseJudge


class Recorded(AsyncLLM):
    """Gives the published verdicts of a judge, and counts its questions."""

    _verdicts: dict[tuple[str, ...], Any] = PrivateAttr(default_factory=dict)
    _asked: int = PrivateAttr(default=0)

    @property
    def model_name(self) -> str:
        """Name of the judge."""
        return "autoj-13b"

    def record(self, texts: list[str], ab: Any, ba: Any) -> None:
        """Stores what it said about a pair, in both orders."""
        one, other = (text.strip() for text in texts)
        self._verdicts[one, other] = ab
        self._verdicts[other, one] = swapped(ba)

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        """Finds the pair of a prompt by its texts."""
        self._asked += 1
        prompt = input[-1]["content"]
        for (one, other), verdict in self._verdicts.items():
            if 0 <= prompt.find(one) < prompt.find(other):
                letter = {0: "A", 1: "B"}.get(verdict, "tie")
                return {"generations": [f"Verdict: {letter}"], "statistics": {}}
        return {"generations": ["Verdict: tie"], "statistics": {}}


def stale(sheet: Any, autoj: Any) -> None:
    """A second calibration asks nothing; a changed prompt is named, and nothing is asked."""
    sheet.head("4. Staleness, and questions asked (200 of the pairs)")
    llm = Recorded()
    records = []
    for row in range(200):
        pair = autoj.pairs[row]
        llm.record(pair["generations"], autoj.ab[row], autoj.ba[row])
        records.append(autoj.gold.labels[row])
    gold = Gold(tuple(records), "people")
    with tempfile.TemporaryDirectory() as folder:
        trust = str(Path(folder, "judge.json"))

        def pipeline(**fields: Any) -> Pipeline:
            with Pipeline(name="judging", cache_dir=folder) as made:
                load = LoadDataFromDicts(data=[{"instruction": "x", "generations": ["a", "b"]}])
                judge = PairwiseJudge(name="judge", llm=llm, **fields)
                load >> judge >> KeepJudged(name="keep", column="verdict", trust=trust)
            return made

        calibrate(pipeline(), "judge", gold).save(trust)
        sheet.line("questions of the first calibration", llm._asked, 400)
        llm._asked = 0
        calibrate(pipeline(), "judge", gold)
        sheet.line("questions of the second", llm._asked, 0)
        criteria = PairwiseJudge.model_fields["criteria"].default.replace("Correct", "Right")
        try:
            pipeline(criteria=criteria).run()
        except DistilabelUserError as error:
            sheet.line("one word of the prompt changed", "the prompt changed" in str(error), True)
        sheet.line("questions asked by then", llm._asked, 0)


def import_time(module: str = "distilabel.quality") -> float:
    """Returns the milliseconds of CPU that importing a module takes in a new process."""
    code = f"import time; t = time.process_time(); import {module}; print(time.process_time() - t)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent / "src")},
    )  # fmt: skip
    return float(run.stdout) * 1000
