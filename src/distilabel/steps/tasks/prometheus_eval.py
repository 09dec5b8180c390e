"""`PrometheusEval`: a judge that was trained to follow rubrics grades or compares responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Dict, Final, List, Literal, Optional, Self

from pydantic import Field, model_validator

from distilabel._core.serialization import DumpIfSet
from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import as_list, column_name, kind_of, text_in, wrong_content
from distilabel.steps.tasks.answer_fields import (
    judge_answer,
    read_choice,
    read_score,
    strip_markup,
    to_ascii_forms,
)
from distilabel.steps.tasks.judge_task import JudgeTask
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.prometheus_prompts import package_prompts, prometheus_prompt
from distilabel.steps.tasks.prometheus_rubrics import DEFAULT_RUBRICS, is_rubric

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_MARKER: Final = re.compile(r"[ \t*_`#]*\[[ \t*_]*RESULT[ \t*_]*\][ \t*_`]*", re.IGNORECASE)
_FEEDBACK: Final = re.compile(r"\A[\s#*_`>]*Feedback[ \t*_`]*:[ \t]*[*_`]{0,3}", re.IGNORECASE)
_NONE: Final = {"feedback": None, "result": None}


class PrometheusEval(JudgeTask):
    """Grades one response, or compares two, by a score rubric, with feedback.

    Made for the Prometheus 2 models, which were trained to write feedback and then a result behind
    the marker `[RESULT]`; other models can follow the prompt as well.

    Attributes:
        mode: `absolute` to grade one response from 1 to 5, `relative` to choose the better of two.
        rubric: Key of the rubric to use.
        rubrics: Name → rubric. A rubric is a line `[criterion]` and five lines, `Score 1: ...` to
            `Score 5: ...`. The default has `helpfulness`, `harmlessness`, `honesty`,
            `factual-validity` and `reasoning`.
        reference: Whether each row has a reference answer, which would get a score of 5.
        prompts: `distilabel` for the prompts that come with distilabel, `prometheus-eval` for those
            of the package of that name, which the models were trained with (`pip install --no-deps
            prometheus-eval`). Both have the same sections and markers.
        orders: Orders in which two responses are shown: 1, 2, or `"kept"` for a second one only
            where the first one has a result; only for `relative`.
        expected: Whether to add the mean of the score over the probabilities of its token; needs a
            model that returns log-probabilities. Only for `absolute`.

    Input columns:
        - instruction (str): Instruction that the responses answer.
        - generation (str, optional): Response to grade; only for `absolute`.
        - generations (List[str], optional): The two responses to compare; only for `relative`.
        - reference (str, optional): Reference answer; only with `reference=True`.

    Output columns:
        - feedback (str): Feedback that leads to the result.
        - result (Union[int, Literal["A", "B"]]): Score from 1 to 5, or the better response; with
            two orders, None if they differ.
        - verdict_ab (str): Result in the order of the row; only for `orders` other than 1.
        - verdict_ba (str): Result in the other order, in the letters of the row; only for `orders`
            other than 1.
        - consistent (bool): Whether both agree; only for `orders` other than 1.
        - rating_expected (float): Mean of the score over the probabilities of its token; only for
            `expected=True`.
        - rating_mass (float): Probability of the scores from 1 to 5, in 0..1; only for
            `expected=True`.
        - model_name (str): Name of the model that judged.

    Categories:
        - critique
        - preference

    References:
        - [Prometheus 2: An Open Source Language Model Specialized in Evaluating Other Language Models](https://arxiv.org/abs/2405.01535)
        - [prometheus-eval: Evaluate your LLM's response with Prometheus 💯](https://github.com/prometheus-eval/prometheus-eval)

    Citations:
        ```bibtex
        @misc{kim2024prometheus2opensource,
            title={Prometheus 2: An Open Source Language Model Specialized in Evaluating Other Language Models},
            author={Seungone Kim and Juyoung Suk and Shayne Longpre and Bill Yuchen Lin and Jamin Shin and Sean Welleck and Graham Neubig and Moontae Lee and Kyungjae Lee and Minjoon Seo},
            year={2024},
            eprint={2405.01535},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2405.01535},
        }
        ```

    Examples:
        Grade a response by its facts:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import PrometheusEval

        task = PrometheusEval(llm=SimulatedLLM(), mode="absolute", rubric="factual-validity")
        task.load()
        rows = next(task.process([{"instruction": "Name an owl.", "generation": "Barn owl."}]))
        # "result" is a score from 1 to 5
        ```

        Compare two responses by a rubric of your own:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import PrometheusEval

        task = PrometheusEval(
            llm=SimulatedLLM(),
            mode="relative",
            rubric="brevity",
            rubrics={
                "brevity": "[Is the response as short as the question allows?]\\n"
                "Score 1: It rambles.\\n"
                "Score 2: Most of it could go.\\n"
                "Score 3: Some sentences could go.\\n"
                "Score 4: Some words could go.\\n"
                "Score 5: Nothing could go."
            },
        )
        task.load()
        row = {"instruction": "Name an owl.", "generations": ["Barn owl.", "The barn owl, say."]}
        rows = next(task.process([row]))
        # "result" is "A" or "B"
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    mode: Literal["absolute", "relative"]
    rubric: str
    rubrics: Optional[Dict[str, str]] = Field(default_factory=lambda: dict(DEFAULT_RUBRICS))
    reference: bool = False
    prompts: Annotated[Literal["distilabel", "prometheus-eval"], DumpIfSet] = "distilabel"

    @model_validator(mode="after")
    def validate_rubric_and_rubrics(self) -> Self:
        """Checks the rubrics.

        Raises:
            DistilabelUserError: If there are no rubrics, one of them has another form, or `rubric`
                is not one of them.
        """
        if not self.rubrics:
            raise DistilabelUserError(
                "PrometheusEval: `rubrics` is empty. Add a rubric, or leave out `rubrics`."
            )
        for name, text in self.rubrics.items():
            if not is_rubric(text):
                raise DistilabelUserError(
                    f"PrometheusEval: the rubric {name!r} does not have the form the models were "
                    "trained on. Write a line '[<criterion>]', then five lines 'Score 1: <level>' "
                    "to 'Score 5: <level>'."
                )
        wrong = ("orders", "relative") if self.orders != 1 else ("expected", "absolute")
        if (self.orders != 1 and self.mode != "relative") or (
            self.expected and self.mode != "absolute"
        ):
            raise DistilabelUserError(
                f"PrometheusEval: {wrong[0]}={getattr(self, wrong[0])!r} needs mode={wrong[1]!r}."
            )
        if self.rubric not in self.rubrics:
            raise DistilabelUserError(
                f"PrometheusEval: the rubric {self.rubric!r} is not in `rubrics`, which has "
                f"{', '.join(map(repr, self.rubrics))}. Choose one of these, or add it."
            )
        return self

    @property
    def inputs(self) -> StepColumns:
        """`instruction`, `generation` or `generations`, and `reference` if there is one."""
        responses = "generation" if self.mode == "absolute" else "generations"
        return ["instruction", responses, *(["reference"] if self.reference else [])]

    @property
    def outputs(self) -> List[str]:
        """`feedback`, `result` and `model_name`."""
        return ["feedback", "result", "model_name"]

    def load(self) -> None:
        """Loads the prompts and the model.

        Raises:
            ImportError: If the prompts are those of `prometheus-eval` and it is not installed.
            DistilabelUserError: If the package has no such prompts.
        """
        if self.prompts == "prometheus-eval":
            package_prompts()
        super().load()

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If a column has the wrong content.
        """
        assert self.rubrics is not None
        system, user = prometheus_prompt(
            instruction=text_in(self, input, "instruction"),
            responses=self._responses(input),
            reference=text_in(self, input, "reference") if self.reference else None,
            rubric=self.rubrics[self.rubric].strip(),
            from_package=self.prompts == "prometheus-eval",
        )
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]

    def _responses(self, row: Dict[str, Any]) -> list[str]:
        if self.mode == "absolute":
            return [text_in(self, row, "generation")]
        responses = as_list(row["generations"])
        if responses is None:
            raise wrong_content(self, row, "generations", "a list of two texts")
        if len(responses) != 2 or not all(isinstance(text, str) for text in responses):
            kinds = ", ".join(map(kind_of, responses)) or "nothing"
            raise DistilabelUserError(
                f"{self.name}: column {column_name(self, 'generations')!r} contains a list of "
                f"{len(responses)} ({kinds}). With mode='relative', it must contain two texts."
            )
        return responses

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the feedback and the result.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `feedback` and `result`; both None if there is no marker `[RESULT]`, if what follows is
            not a result, or if several markers have different results.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        if output is None:
            return dict(_NONE)
        answer = judge_answer(output)
        markers = list(_MARKER.finditer(to_ascii_forms(answer)))
        results = {self._result(answer[marker.end() :]) for marker in markers}
        if len(results) != 1 or None in results:
            return dict(_NONE)
        feedback = answer[: markers[0].start()]
        start = _FEEDBACK.match(to_ascii_forms(feedback))
        text = strip_markup(feedback[start.end() :] if start else feedback)
        return {"feedback": text, "result": results.pop()}

    def _result(self, text: str) -> int | str | None:
        # The result may stand in a line of its own, and behind a colon.
        text = text.lstrip().removeprefix(":")
        if self.mode == "absolute":
            return read_score(text, 1, 5)
        return read_choice(text, ["A", "B"])

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return all_none(columns, ["result"])

    def _verdict(self, columns: Dict[str, Any]) -> Optional[str]:
        verdict: Optional[str] = columns["result"]
        return verdict

    def _ratings(self, columns: Dict[str, Any]) -> List[Optional[int]]:
        return [columns["result"]]

    def _expected_column(self, values: List[Any], columns: Dict[str, Any]) -> Any:
        return values[0] if values else None

    def _mapped_back(self, columns: Dict[str, Any]) -> Dict[str, Any]:
        return {**columns, "result": {"A": "B", "B": "A"}.get(columns["result"])}

    def _combined(self, first: Dict[str, Any], second: Dict[str, Any]) -> Dict[str, Any]:
        return {"result": first["result"] if first["result"] == second["result"] else None}
