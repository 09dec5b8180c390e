"""`PassRate`: how often a model answers a prompt right, as judged by a program."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Dict, Final, List, Optional, Self, Union

from pydantic import Field, PositiveInt, model_validator

from distilabel._sandbox.sandbox import check_available
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.column_checks import column_name, text_in
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.verifiable.audit import VerifierAudit, audit_verifier, planted_answers
from distilabel.steps.tasks.verifiable.beta import pass_rate_interval, probability_between
from distilabel.steps.tasks.verifiable.verifiers import VERIFIERS

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_COLUMNS: Final = (
    "verifier",
    "pass_rate",
    "pass_k",
    "pass_interval",
    "in_band",
    "answers",
    "passed",
)


class PassRate(Task):
    """Asks a prompt `k` times and counts how many answers a verifier accepts.

    The rate tells how hard a prompt is for the model. Training by GRPO learns only from prompts
    that are answered right sometimes: those whose rate lies in `band`. A few answers tell little
    of the rate, so a row is in the band if its rate is more likely inside than outside, given the
    answers; `pass_interval` says how uncertain the rate is.

    The verifiers compare with `ground_truth`: `math` (numbers by value), `exact`, `text` (without
    case and punctuation) and `code` (runs the answer, then tests, in a sandbox). A function of your
    own takes the text of the model and the ground truth, and returns a bool. Try a verifier with
    `audit` before you trust it.

    Attributes:
        verifier: Name of a verifier, or a function.
        k: Answers per prompt.
        band: Lowest and highest pass rate of the prompts to train on.
        credibility: Probability that the rate lies in `pass_interval`.
        system_prompt: System prompt; None for none.

    Input columns:
        - prompt (str): The prompt.
        - ground_truth (Any): Right answer, or tests for `code`.
        - verifier (str, optional): Name of the verifier of the row; it overrides the attribute.

    Output columns:
        - verifier (str): Name of the verifier that was used.
        - pass_rate (float): Share of the answers that passed.
        - pass_k (int): Answers that were judged. An answer without a text counts as wrong.
        - pass_interval (List[float]): Lower and upper end of the interval of the rate.
        - in_band (bool): Whether the rate is more likely inside `band` than outside.
        - answers (List[str]): The answers.
        - passed (List[bool]): Which of them passed.
        - model_name (str): Name of the model that answered.

    Categories:
        - scorer
        - filtering

    References:
        - [DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models](https://arxiv.org/abs/2402.03300)
        - [Evaluating Large Language Models Trained on Code](https://arxiv.org/abs/2107.03374)

    Citations:
        ```bibtex
        @misc{shao2024deepseekmathpushinglimitsmathematical,
            title={DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models},
            author={Zhihong Shao and Peiyi Wang and Qihao Zhu and Runxin Xu and Junxiao Song and Xiao Bi and Haowei Zhang and Mingchuan Zhang and Y. K. Li and Y. Wu and Daya Guo},
            year={2024},
            eprint={2402.03300},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2402.03300},
        }
        ```

    Examples:
        How often is a sum right?

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import PassRate

        task = PassRate(llm=SimulatedLLM(), verifier="math", k=4)
        task.load()
        rows = next(task.process([{"prompt": "What is 3 + 4?", "ground_truth": "7"}]))
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    verifier: Union[str, Callable[[str, Any], bool]] = "math"
    k: RuntimeParameter[PositiveInt] = Field(default=8, description="Answers per prompt.")
    band: tuple[float, float] = (0.2, 0.8)
    credibility: float = Field(default=0.9, gt=0, lt=1)
    system_prompt: Optional[str] = None

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        if isinstance(self.verifier, str):
            self._function(self.verifier)
        low, high = self.band
        if not 0 <= low <= high <= 1:
            raise DistilabelUserError(
                f"{type(self).__name__}: band is {self.band}. It must be two rates between 0 and "
                "1, the lower one first."
            )
        return self

    def load(self) -> None:
        """Loads the model.

        Raises:
            DistilabelUserError: If code is to be run and cannot be confined on this system.
        """
        super().load()
        if self.verifier == "code":
            check_available()

    @property
    def inputs(self) -> StepColumns:
        """`prompt`, `ground_truth`, and optionally `verifier`."""
        return {"prompt": True, "ground_truth": True, "verifier": False}

    @property
    def outputs(self) -> List[str]:
        """The rate, its interval, the answers and their verdicts, and `model_name`."""
        return [*_COLUMNS, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            The prompt, after the system prompt if there is one.

        Raises:
            DistilabelUserError: If the prompt is not a text.
        """
        user: ChatType = [{"role": "user", "content": text_in(self, input, "prompt")}]
        if self.system_prompt:
            return [{"role": "system", "content": self.system_prompt}, *user]
        return user

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the output columns of a row that failed, all None.

        Args:
            output: Unused, because a row has several answers.
            input: Input row.

        Returns:
            The output columns.
        """
        return dict.fromkeys(_COLUMNS)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Asks `k` times and verifies the answers.

        Args:
            row: Row with the prompt and the ground truth.
            ask: Asks the model one question.

        Returns:
            A list of one row.

        Raises:
            DistilabelUserError: If a column does not hold what it must.
        """
        verifier = row.get("verifier") or self.verifier
        function = self._function(verifier)
        if row["ground_truth"] is None:
            name = column_name(self, "ground_truth")
            raise DistilabelUserError(f"{self.name}: column {name!r} is None.")
        prompt = self.format_input(row)
        output = await ask(prompt, self.k or 1)
        answers = list(output["generations"])
        passed = [
            text is not None and await self._verify(function, text, row["ground_truth"])
            for text in answers
        ]
        hits, count = sum(passed), len(passed)
        interval = pass_rate_interval(hits, count, self.credibility)
        columns = {
            "verifier": verifier if isinstance(verifier, str) else verifier.__name__,
            "pass_rate": hits / count,
            "pass_k": count,
            "pass_interval": [round(end, 6) for end in interval],
            "in_band": probability_between(*self.band, hits, count) > 0.5,
            "answers": answers,
            "passed": passed,
            "model_name": self.llm.model_name,
        }
        metadata = dict(row.get(DISTILABEL_METADATA_KEY) or {})
        if statistics := output.get("statistics"):
            metadata[f"statistics_{self.name}"] = dict(statistics)
        return [{**row, **columns, DISTILABEL_METADATA_KEY: metadata}]

    def audit(self, ground_truths: List[str]) -> VerifierAudit:
        """Shows the verifier right and wrong answers made from ground truths.

        For `code` and for verifiers with other ground truths, pass cases of your own to
        `distilabel.steps.tasks.verifiable.audit.audit_verifier`.

        Args:
            ground_truths: Numbers or short texts.

        Returns:
            How many right answers it rejected and how many wrong ones it accepted, and which.
        """
        kind = self.verifier if self.verifier in ("exact", "text") else "math"
        cases = [planted_answers(str(truth), str(kind)) for truth in ground_truths]
        return audit_verifier(self._function(self.verifier), cases)

    def _function(self, verifier: Any) -> Callable[[str, Any], bool]:
        if callable(verifier):
            function: Callable[[str, Any], bool] = verifier
            return function
        if verifier not in VERIFIERS:
            raise DistilabelUserError(
                f"{type(self).__name__}: verifier is {verifier!r}. It must be one of "
                f"{', '.join(VERIFIERS)}, or a function of an answer and the ground truth."
            )
        return VERIFIERS[verifier]

    async def _verify(self, function: Callable[[str, Any], bool], text: str, truth: Any) -> bool:
        if function is VERIFIERS["code"]:
            # It waits for a process.
            return bool(await asyncio.to_thread(function, text, truth))
        return bool(function(text, truth))
